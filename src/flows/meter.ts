import { SourceBroken, type BundleFile } from '../domain/bundle';
import { fail, ok, type Result } from '../domain/result';
import type { Failure } from '../domain/failure';
import { hasherAt, markOf, markStep, newHasher, type Hasher, type Mark } from './mark';

interface MeterOptions {
  /** The source begins here instead of at the file's first byte. */
  readonly from?: Mark | undefined;
  /** Called at each multiple of `markStep`; the source waits for it. */
  readonly onMark?: (mark: Mark) => Promise<void>;
}

/**
 * Counts and hashes a file on its way. `stream` never fails: a source that breaks, or brings more than
 * the file has, ends it early, so that whoever reads it need not tell the source's trouble from its own.
 */
export class Meter {
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes of the file that came, those before `from` and over the end included. */
  bytes: number;
  /** Why the source broke. */
  broken: Failure | undefined;
  readonly #file: BundleFile;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #hash: Hasher;
  readonly #onMark: (mark: Mark) => Promise<void>;

  private constructor(
    source: ReadableStream<Uint8Array>,
    file: BundleFile,
    hash: Hasher,
    { from, onMark = async () => undefined }: MeterOptions,
  ) {
    this.bytes = from?.bytes ?? 0;
    this.#file = file;
    this.#reader = source.getReader();
    this.#hash = hash;
    this.#onMark = onMark;
    this.stream = new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.#read();
          if (!chunk || this.bytes + chunk.byteLength > file.bytes) {
            this.bytes += chunk?.byteLength ?? 0;
            return controller.close();
          }
          await this.#take(chunk);
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
  }

  static async over(
    source: ReadableStream<Uint8Array>,
    file: BundleFile,
    options: MeterOptions = {},
  ): Promise<Meter> {
    const hash = options.from ? await hasherAt(options.from) : await newHasher();
    if (!hash) throw new Error('a mark that was proved cannot be gone on from');
    return new Meter(source, file, hash, options);
  }

  /** Whether what came is what the manifest promises. Once, at the end. */
  check(signal: AbortSignal): Result<void> {
    const { path } = this.#file;
    if (this.broken)
      return signal.aborted
        ? fail('cancelled')
        : fail(this.broken.code, `${path}: ${this.broken.detail ?? ''}`);
    return compare(this.#file, this.bytes, () => this.#hash.digest('hex'));
  }

  /** Lets go of the source. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  /** Counts, hashes and marks. A chunk may reach over several marks. */
  async #take(chunk: Uint8Array): Promise<void> {
    const step = markStep(this.#file.bytes);
    for (let rest = chunk; rest.byteLength > 0;) {
      const piece = rest.subarray(0, step - (this.bytes % step));
      this.#hash.update(piece);
      this.bytes += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
      if (this.bytes % step === 0) await this.#onMark(markOf(this.bytes, this.#hash));
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return (await this.#reader.read()).value;
    } catch (reason) {
      this.broken = brokenBy(reason);
      return undefined;
    }
  }
}

/** Whether so many bytes with this sha256 are what the manifest promises. */
export function compare(
  { path, bytes: promised, sha256 }: BundleFile,
  bytes: number,
  digest: () => string,
): Result<void> {
  if (bytes > promised)
    return fail('size-mismatch', `${path}: more than the ${promised} bytes of the manifest came`);
  if (bytes < promised)
    return fail('size-mismatch', `${path}: ${bytes} bytes came, the manifest says ${promised}`);
  const seen = digest();
  return seen === sha256
    ? ok()
    : fail('hash-mismatch', `${path}: sha256 ${seen}, the manifest says ${sha256}`);
}

/** Why a source broke. */
export const brokenBy = (reason: unknown): Failure =>
  reason instanceof SourceBroken
    ? reason.failure
    : fail('bundle-unreachable', `the source broke off: ${String(reason)}`).failure;
