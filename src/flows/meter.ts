import type { createSHA256 } from 'hash-wasm';
import { SourceBroken } from '../domain/bundle';
import { fail } from '../domain/result';
import type { Failure } from '../domain/failure';

type Hasher = Awaited<ReturnType<typeof createSHA256>>;

/**
 * Counts and hashes a stream on its way. `stream` never fails: a source that breaks, or brings more than
 * `maxBytes`, ends it early, so that whoever reads it need not tell the source's trouble from its own.
 */
export class Meter {
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes that came, the ones over the limit included. */
  bytes = 0;
  /** Why the source broke. */
  broken: Failure | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #hash: Hasher;

  private constructor(source: ReadableStream<Uint8Array>, maxBytes: number, hash: Hasher) {
    this.#reader = source.getReader();
    this.#hash = hash;
    this.stream = new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.#read();
          if (chunk) this.bytes += chunk.byteLength;
          if (!chunk || this.bytes > maxBytes) return controller.close();
          this.#hash.update(chunk);
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
  }

  static async over(source: ReadableStream<Uint8Array>, maxBytes: number): Promise<Meter> {
    const { createSHA256 } = await import('hash-wasm'); // not before something is installed
    return new Meter(source, maxBytes, await createSHA256());
  }

  /** sha256 of what was passed on. Once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Lets go of the source. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return (await this.#reader.read()).value;
    } catch (reason) {
      this.broken =
        reason instanceof SourceBroken
          ? reason.failure
          : fail('bundle-unreachable', `the source broke off: ${String(reason)}`).failure;
      return undefined;
    }
  }
}
