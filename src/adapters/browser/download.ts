import { SourceBroken } from '../../domain/bundle';
import type { Failure } from '../../domain/failure';
import { fail, ok, type Result } from '../../domain/result';
import { checkAnswer, validatorOf, type RemoteBytes } from './answer';
import { ask, broken, type Network } from './network';

/** Pauses before asking again for the rest. They start anew whenever a byte came. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000] as const;
/** A body that brings nothing for so long counts as cut. */
const IDLE_MS = 30_000;
/** Only small files of the page's own go to the browser's cache: others would fill the disk, and the phone stores them anyway. */
const CACHED_BYTES = 32 << 20;

/**
 * Opens a file at an address as a stream from `fromByte` on. A cut connection is taken up where it broke,
 * with a Range request, a few times; never from the start. A server that knows no ranges answers 200 with the
 * whole file: the bytes before are then read and thrown away, which costs their time and traffic again.
 * Range with one open range needs no CORS preflight (Fetch standard, "CORS-safelisted request-header"); If-Range
 * does, so it goes only to the page's own server, and elsewhere the validators of the answers are compared.
 * Nothing is read ahead of the reader. The stream breaks with `SourceBroken`.
 * Failures, at once or in the stream: bundle-unreachable, address-refused, address-web-page, size-mismatch, source-changed, cancelled.
 */
export async function openRemote(
  net: Network,
  file: RemoteBytes,
  signal: AbortSignal,
  fromByte = 0,
): Promise<Result<ReadableStream<Uint8Array>>> {
  if (fromByte >= file.bytes) return ok(new Blob([]).stream());
  const first = await request(net, file, fromByte, signal);
  if (!first.ok) return first;
  const transfer = new Transfer(net, file, first.value, signal, fromByte);
  return ok(
    new ReadableStream(
      {
        pull: (controller) => transfer.pull(controller),
        cancel: () => transfer.cancel(),
      },
      { highWaterMark: 0 },
    ),
  );
}

/** One answer's body. */
interface Part {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Bytes of it before the ones wanted. */
  skip: number;
  readonly validator: string | undefined;
}

class Transfer {
  readonly #net: Network;
  readonly #file: RemoteBytes;
  readonly #signal: AbortSignal;
  #part: Part;
  #at: number;
  /** Attempts since the last byte. */
  #attempts = 0;

  constructor(net: Network, file: RemoteBytes, part: Part, signal: AbortSignal, at: number) {
    this.#net = net;
    this.#file = { ...file, validator: file.validator ?? part.validator };
    this.#signal = signal;
    this.#part = part;
    this.#at = at;
  }

  /** Brings one chunk, the end, or the failure. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { bytes, url } = this.#file;
    for (;;) {
      const read = await this.#read();
      if (read.ok && read.value) {
        if (read.value.byteLength === 0) continue;
        this.#at += read.value.byteLength;
        this.#attempts = 0;
        if (this.#at <= bytes) return controller.enqueue(read.value);
        return this.#break(
          controller,
          fail('size-mismatch', `${url.href}: more than ${bytes} bytes came`).failure,
        );
      }
      if (this.#at === bytes) return controller.close();
      const again = await this.#resume(read.ok ? undefined : read.failure);
      if (!again.ok) return this.#break(controller, again.failure);
    }
  }

  cancel(): Promise<void> {
    return this.#part.reader.cancel().catch(() => undefined);
  }

  async #break(controller: ReadableStreamDefaultController<Uint8Array>, failure: Failure) {
    await this.cancel();
    controller.error(new SourceBroken(failure));
  }

  /** The next wanted bytes of the answer at hand; nothing at its end. */
  async #read(): Promise<Result<Uint8Array | undefined>> {
    const { reader } = this.#part;
    const over = new AbortController();
    const idle = this.#net.clock
      .sleep(IDLE_MS, over.signal)
      .then(() => fail('bundle-unreachable', `nothing came for ${IDLE_MS / 1000} s`));
    try {
      const read = await Promise.race([reader.read(), idle]);
      if ('ok' in read) {
        await this.cancel();
        return read;
      }
      if (!read.value) return ok(undefined);
      const skipped = Math.min(this.#part.skip, read.value.byteLength);
      this.#part.skip -= skipped;
      return ok(read.value.subarray(skipped));
    } catch (reason) {
      return broken(this.#file.url, reason, this.#signal);
    } finally {
      over.abort();
    }
  }

  /** Asks for the rest. `cause` is why the last answer broke; none: it ended as if it were whole. */
  async #resume(cause: Failure | undefined): Promise<Result<void>> {
    for (;;) {
      if (cause?.code === 'cancelled' || this.#signal.aborted) return fail('cancelled');
      const pause = RETRY_MS[this.#attempts++];
      if (pause === undefined) return { ok: false, failure: this.#gaveUp(cause) };
      await this.#net.clock.sleep(pause, this.#signal);
      const part = await request(this.#net, this.#file, this.#at, this.#signal);
      if (part.ok) {
        this.#part = part.value;
        return ok();
      }
      if (part.failure.code !== 'bundle-unreachable') return part;
      cause = part.failure;
    }
  }

  #gaveUp(cause: Failure | undefined): Failure {
    const { url, bytes } = this.#file;
    const got = `${url.href}: ${this.#at} of ${bytes} bytes came`;
    return cause
      ? fail(cause.code, `${got}, then: ${cause.detail ?? ''}`.slice(0, 500)).failure
      : fail('size-mismatch', got).failure;
  }
}

/** Asks for the bytes from `fromByte` on and checks that the answer is about this file. */
async function request(
  net: Network,
  file: RemoteBytes,
  fromByte: number,
  signal: AbortSignal,
): Promise<Result<Part>> {
  const headers: Record<string, string> = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {};
  const own = 'location' in globalThis && file.url.origin === globalThis.location.origin;
  if (fromByte > 0 && own && file.validator) headers['if-range'] = file.validator;
  const asked = await ask(net, file.url, signal, {
    headers,
    cache: own && file.bytes <= CACHED_BYTES ? 'default' : 'no-store',
  });
  if (!asked.ok) return asked;
  const response = asked.value;
  const sound = checkAnswer(file, fromByte, response);
  if (!sound.ok) {
    await response.body?.cancel().catch(() => undefined);
    return sound;
  }
  if (!response.body) return fail('bundle-unreachable', `${file.url.href} is empty`);
  return ok({
    reader: response.body.getReader(),
    skip: response.status === 206 ? 0 : fromByte,
    validator: validatorOf(response),
  });
}
