import type { Clock } from '../../domain/clock';
import type { FailureCode } from '../../domain/failure';
import { fail, ok, type Result } from '../../domain/result';
import { systemClock } from '../system-clock';

/** The network and its time, as arguments, so that tests can break both. */
export interface Network {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
}

/** The browser's own. */
export const BROWSER: Network = { fetch: (...args) => fetch(...args), clock: systemClock };

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
