import { fail, ok, type Result } from '../../domain/result';

/** A file at an address. */
export interface RemoteBytes {
  readonly url: URL;
  readonly bytes: number;
  /** ETag or Last-Modified of an earlier answer: a later one must bear the same. */
  readonly validator?: string | undefined;
}

/** Cross-origin a page reads Last-Modified and Content-Length always, ETag and Content-Range only where the server exposes them. */
export const validatorOf = ({ headers }: Response): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

/** Whether an answer is about this file and these bytes. */
export function checkAnswer(
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
