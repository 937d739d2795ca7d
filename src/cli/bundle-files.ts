import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, type Manifest } from '../domain/bundle';

/** Reads and checks DIR/manifest.json. Throws with the field's name: our own file, so a fault is a bug. */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, 'manifest.json');
  const parsed = parseManifest(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.ok) return parsed.value;
  throw new Error(`${path}: ${parsed.failure.detail ?? parsed.failure.code}`);
}

/** Size in bytes and sha256 (lower-case hex) of a file, read as a stream. */
export async function measureFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest('hex') };
}
