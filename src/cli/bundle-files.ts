import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, type Manifest } from '../domain/bundle';

/** The bundles that come with the page, one folder each. */
export const PAYLOAD_DIR = join(import.meta.dirname, '../../device-payload');

/** Names of the folders in device-payload/ that hold a manifest, sorted. */
export async function bundleNames(root = PAYLOAD_DIR): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries
    .map((entry) => entry.replaceAll('\\', '/'))
    .filter((entry) => /^[^/]+\/manifest\.json$/.test(entry))
    .map((entry) => entry.slice(0, entry.indexOf('/')))
    .sort();
}

/** Reads and checks DIR/manifest.json. Throws with the field's name: our own file, so a fault is a bug. */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, 'manifest.json');
  const parsed = parseManifest(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.ok) return parsed.value;
  throw new Error(`${path}: ${parsed.failure.detail ?? parsed.failure.code}`);
}

/** Paths below `root` that the page may load: each manifest and the files it names, for example "tiny-vlm/vision.gguf". */
export async function servedFiles(root = PAYLOAD_DIR): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const name of await bundleNames(root)) {
    paths.add(`${name}/manifest.json`);
    const { files } = await readManifest(join(root, name));
    for (const { url } of files) if (isLocal(url)) paths.add(`${name}/${url}`);
  }
  return paths;
}

/** True for an address that stands beside its manifest. */
export const isLocal = (url: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(url);

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
