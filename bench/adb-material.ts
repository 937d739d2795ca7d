import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BundleFile, BundleSource } from '../src/domain/bundle';
import { fail, ok } from '../src/domain/result';

const MB = 1 << 20;

/** Files of this computer to send to a phone. */
export class Material implements AsyncDisposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<Material> {
    return new Material(await mkdtemp(join(tmpdir(), 'plugsight-bench-')));
  }

  /** A file that nothing can compress. */
  async noise(megabytes: number): Promise<string> {
    const path = join(this.dir, `noise-${megabytes}`);
    const file = await open(path, 'w');
    for (let i = 0; i < megabytes; i++) await file.write(randomBytes(MB));
    await file.close();
    return path;
  }

  /** A file of zeros that takes no space. */
  async sparse(bytes: number): Promise<string> {
    const path = join(this.dir, 'sparse');
    await writeFile(path, '');
    await truncate(path, bytes);
    return path;
  }

  /** A folder of small files; their paths. */
  async small(count: number, bytes: number): Promise<readonly string[]> {
    const folder = join(this.dir, 'small');
    await mkdir(folder);
    const paths = Array.from({ length: count }, (_, i) => join(folder, `file-${i}`));
    for (const path of paths) await writeFile(path, randomBytes(bytes));
    return paths;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true });
  }
}

/** A file of the disk in pieces of a megabyte, read when they are asked for. */
export async function fileStream(path: string, fromByte = 0): Promise<ReadableStream<Uint8Array>> {
  const file = await open(path);
  let at = fromByte;
  return new ReadableStream(
    {
      async pull(controller) {
        const { buffer, bytesRead } = await file.read(new Uint8Array(MB), 0, MB, at);
        at += bytesRead;
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
        await file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

/** A bundle of files of the disk. */
export async function bundleOf(id: string, paths: readonly string[]): Promise<BundleSource> {
  const files: BundleFile[] = [];
  for (const path of paths) {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of await fileStream(path)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const sha256 = hash.digest('hex');
    files.push({ path: basename(path), bytes, sha256, url: path, mode: '644', role: 'runner' });
  }
  return {
    manifest: {
      ...{ schema: 'plugsight-bundle/1', id, version: '1', title: id, kind: 'runner' },
      ...{ licence: 'CC0-1.0', pipelines: ['llama-runner'], requires: {}, files },
    },
    open: async ({ url, bytes }, signal, fromByte) => {
      if (signal.aborted) return fail('cancelled');
      return ok(
        bytes < MB ? new Blob([readFileSync(url)]).stream() : await fileStream(url, fromByte),
      );
    },
  };
}
