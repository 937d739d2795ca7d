import { fail, ok, type Result } from '../../domain/result';
import { checkAnswer, isWebPage, rangeOf, validatorOf, type RemoteBytes } from './answer';
import { ask, broken, type Network } from './network';

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
  file: Omit<RemoteBytes, 'bytes'> & { readonly bytes?: number | undefined },
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
