import { createHash, randomBytes } from 'node:crypto';
import type { BundleFile, BundleSource, Manifest } from '../../src/domain/bundle';
import { ok } from '../../src/domain/result';

const BLOCK_BYTES = 1 << 20;

/** Bytes that nobody can compress, made where they are read: megabyte `i` is one random block and the number `i`. */
class Noise {
  readonly #block = randomBytes(BLOCK_BYTES);
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** From any byte, a chunk of at most a megabyte at a time. */
  *from(byte: number): Generator<Buffer> {
    for (let at = byte; at < this.bytes;) {
      const index = Math.floor(at / BLOCK_BYTES);
      const block = Buffer.from(this.#block);
      block.writeUInt32LE(index);
      const chunk = block.subarray(
        at % BLOCK_BYTES,
        Math.min(BLOCK_BYTES, this.bytes - index * BLOCK_BYTES),
      );
      yield chunk;
      at += chunk.length;
    }
  }

  get sha256(): string {
    const hash = createHash('sha256');
    for (const chunk of this.from(0)) hash.update(chunk);
    return hash.digest('hex');
  }
}

/** A bundle of noise for tests and measurements, and what was read of it. */
export interface MadeBundle extends BundleSource {
  /** Bytes that were read, and where opening began, in order. */
  readonly read: { bytes: number; readonly from: number[] };
  /** All bytes of a file. */
  bytesOf(path: string): Buffer;
}

/** Makes a runner bundle with files of these sizes, by path. */
export function makeBundle(sizes: Readonly<Record<string, number>>, id = 'made'): MadeBundle {
  const noises = new Map<string, Noise>();
  const files = Object.entries(sizes).map(([path, bytes]): BundleFile => {
    const noise = new Noise(bytes);
    noises.set(path, noise);
    const { sha256 } = noise;
    return { path, bytes, sha256, mode: '644', url: path, role: 'runner' };
  });
  const manifest: Manifest = {
    ...{ schema: 'plugsight-bundle/1', id, version: '1', title: 'Made', kind: 'runner' },
    ...{ licence: 'CC0-1.0', pipelines: ['llama-runner'], requires: {}, files },
  };
  const read = { bytes: 0, from: [] as number[] };
  return {
    manifest,
    read,
    bytesOf: (path) => Buffer.concat([...(noises.get(path)?.from(0) ?? [])]),
    open: async ({ path }, _, fromByte = 0) => {
      read.from.push(fromByte);
      const chunks = noises.get(path)?.from(fromByte);
      return ok(
        new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              const chunk = chunks?.next().value as Buffer | undefined;
              if (!chunk) return controller.close();
              read.bytes += chunk.length;
              controller.enqueue(new Uint8Array(chunk));
            },
          },
          { highWaterMark: 0 },
        ),
      );
    },
  };
}
