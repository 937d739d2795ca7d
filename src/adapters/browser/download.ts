import { systemClock } from '../system-clock';
import { SourceBroken } from '../../domain/bundle';
import type { Clock } from '../../domain/clock';
import type { Failure, FailureCode } from '../../domain/failure';
import { fail, ok, type Result } from '../../domain/result';

/** The network and its time, as arguments, so that tests can break both. */
export interface Network {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
}

/** The browser's own. */
export const BROWSER: Network = { fetch: (...args) => fetch(...args), clock: systemClock };

/** A file at an address. */
export interface RemoteBytes {
  readonly url: URL;
  readonly bytes: number;
  /** ETag or Last-Modified of an earlier answer: a later one must bear the same. */
  readonly validator?: string | undefined;
}

/** Pauses before asking again for the rest. They start anew whenever a byte came. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000] as const;
/** A body that brings nothing for so long counts as cut. */
const IDLE_MS = 30_000;
/** A larger file is kept out of the browser's cache: it would fill the disk and is stored on the phone anyway. */
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
    cache: file.bytes > CACHED_BYTES ? 'no-store' : 'default',
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

/** A piece of a file, and what its answer says of the whole. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly fileBytes: number;
  readonly validator: string | undefined;
}

/**
 * Reads the bytes from `from` to before `to`, fewer at the end of the file; of a server without ranges only as much as
 * leads there. Where the answer hides the file's length from a page, a HEAD request asks for it.
 * Failures: bundle-unreachable, address-refused, address-web-page, size-mismatch, source-changed, cancelled.
 */
export async function readRange(
  net: Network,
  file: {
    readonly url: URL;
    readonly bytes?: number | undefined;
    readonly validator?: string | undefined;
  },
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Result<Piece>> {
  const { url } = file;
  const headers = { range: `bytes=${from}-${to - 1}` };
  const asked = await ask(net, url, signal, { headers, cache: 'no-store' });
  if (!asked.ok) return asked;
  const length = await lengthOf(net, url, asked.value, signal);
  if (!length.ok) return length;
  const fileBytes = length.value;
  const sound = checkAnswer({ ...file, bytes: file.bytes ?? fileBytes }, from, asked.value, to);
  if (!sound.ok) {
    await asked.value.body?.cancel().catch(() => undefined);
    return sound;
  }
  const skip = asked.value.status === 206 ? 0 : from;
  const wanted = Math.min(to, fileBytes) - from;
  const bytes = await take(asked.value, skip, wanted).catch((reason: unknown) =>
    broken(url, reason, signal),
  );
  if ('ok' in bytes) return bytes;
  if (bytes.byteLength < wanted)
    return fail('bundle-unreachable', `${url.href}: ${bytes.byteLength} of ${wanted} bytes came`);
  return ok({ bytes, fileBytes, validator: validatorOf(asked.value) });
}

async function lengthOf(
  net: Network,
  url: URL,
  response: Response,
  signal: AbortSignal,
): Promise<Result<number>> {
  const { headers, status } = response;
  const told = status === 200 ? lengthIn(headers) : rangeOf(headers.get('content-range'))?.total;
  if (told !== undefined) return ok(told);
  const head = await ask(net, url, signal, { method: 'HEAD' });
  const length = head.ok ? lengthIn(head.value.headers) : undefined;
  if (length !== undefined) return ok(length);
  await response.body?.cancel().catch(() => undefined);
  if (isWebPage(response)) return fail('address-web-page', `${url.href} is a web page`);
  return fail('bundle-unreachable', `${url.href}: its server does not say how long the file is`);
}

const lengthIn = (headers: Headers): number | undefined => {
  const text = headers.get('content-length');
  return text && /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
};

/** The first `wanted` bytes of a body behind `skip`; the rest is not loaded. */
async function take(response: Response, skip: number, wanted: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(wanted);
  const reader = response.body?.getReader();
  let at = -skip;
  while (at < wanted) {
    const value = (await reader?.read())?.value;
    if (!value) break;
    const part = at < 0 ? value.subarray(-at) : value;
    if (part.byteLength) bytes.set(part.subarray(0, wanted - Math.max(at, 0)), Math.max(at, 0));
    at += value.byteLength;
  }
  await reader?.cancel().catch(() => undefined);
  return bytes.subarray(0, Math.max(0, Math.min(at, wanted)));
}

/** A short answer's text. Over `maxChars` it fails with `code`. Rejects when the line breaks. */
export async function cappedText(
  response: Response,
  maxChars: number,
  code: FailureCode = 'bundle-unreachable',
): Promise<Result<string>> {
  let text = '';
  if (!response.body) return ok(text);
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > maxChars) return fail(code, `longer than ${maxChars} characters`);
  }
  return ok(text);
}

/** One GET, without cookies and referrer. Failures: bundle-unreachable, address-refused, cancelled. */
export async function ask(
  net: Network,
  url: URL,
  signal: AbortSignal,
  init: RequestInit = {},
): Promise<Result<Response>> {
  try {
    const response = await net.fetch(url, {
      ...init,
      signal,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (response.ok || response.status === 416) return ok(response);
    await response.body?.cancel().catch(() => undefined);
    const refused = [401, 403, 404, 410, 451].includes(response.status);
    return fail(
      refused ? 'address-refused' : 'bundle-unreachable',
      `${url.href} answered ${response.status}`,
    );
  } catch (reason) {
    return broken(url, reason, signal);
  }
}

/** Why a request or its body ended. A timeout of ours is no wish of the user's. */
export function broken(url: URL, reason: unknown, signal: AbortSignal) {
  if (signal.aborted && (signal.reason as { name?: unknown } | undefined)?.name !== 'TimeoutError')
    return fail('cancelled');
  return fail('bundle-unreachable', `${url.href}: ${String(reason)}`);
}

/** Cross-origin a page reads Last-Modified and Content-Length always, ETag and Content-Range only where the server exposes them. */
export const validatorOf = ({ headers }: Response): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

function checkAnswer(
  file: RemoteBytes,
  fromByte: number,
  response: Response,
  toByte = file.bytes,
): Result<void> {
  const { url, bytes, validator } = file;
  const { status, headers } = response;
  const range = rangeOf(headers.get('content-range'));
  if (isWebPage(response))
    return fail('address-web-page', `${response.url || url.href} is a web page, not a file`);
  const now = validatorOf(response);
  if (validator !== undefined && now !== undefined && now !== validator)
    return fail('source-changed', `${url.href}: was ${validator}, is ${now}`);
  const total = range?.total;
  if (status === 416 || (total !== undefined && total !== bytes))
    return fail(
      'size-mismatch',
      `${url.href}: ${total ?? 'fewer'} bytes there, ${bytes} expected (from byte ${fromByte}, status ${status})`,
    );
  if (status !== 206) return ok();
  const end = Math.min(toByte, bytes);
  const length = Number(headers.get('content-length') ?? end - fromByte);
  const from = range?.from ?? end - length;
  return from === fromByte
    ? ok()
    : fail('bundle-unreachable', `${url.href}: asked from byte ${fromByte}, answered ${from}`);
}

export const isWebPage = ({ headers }: Response): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '');

/** "bytes 5-9/10", "bytes *\/10" of a 416. RFC 9110, 14.4. */
export function rangeOf(
  header: string | null,
): { from: number | undefined; total: number | undefined } | undefined {
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, from, total] = match;
  return {
    from: from === undefined ? undefined : Number(from),
    total: total === undefined || total === '*' ? undefined : Number(total),
  };
}
