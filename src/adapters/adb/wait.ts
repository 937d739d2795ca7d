import type { Clock } from '../../domain/clock';
import type { Failure } from '../../domain/failure';
import { fail, type Result } from '../../domain/result';
import { speaksForItself, toFailure, type Where } from './failures';

/** A phone that moves no byte for this long has stopped answering. */
export const STALL_MS = 30_000;
/** On Windows a transfer fails before the connection is known to be gone; the library itself waits 100 ms. */
const GONE_GRACE_MS = 150;

/** What ends a wait besides its own end. */
export interface Limits {
  readonly clock: Clock;
  /** Aborted at the end of the connection, with a `Failure` as its reason. */
  readonly gone: AbortSignal;
  readonly signal?: AbortSignal | undefined;
  /** After this long the wait fails as `stalled`. Absent: no limit. */
  readonly limitMs?: number | undefined;
}

/**
 * Waits for the library, which by itself may wait for ever (adb.md F1, F3): the end of the connection,
 * the signal and the time limit end every wait too. Never rejects. `late` receives a value that came
 * after all had given up, so that it can be closed.
 */
export async function wait<T>(
  work: PromiseLike<T> | T,
  where: Where,
  limits: Limits,
  late: (value: T) => void = () => undefined,
): Promise<Result<T>> {
  const over = new AbortController();
  const settled = Promise.resolve(work).then(
    (value): Result<T> => ({ ok: true, value }),
    (error: unknown) => judge(error, where, limits),
  );
  const ends = endings(limits, over.signal);
  const first = await Promise.race(limits.gone.aborted ? ends : [settled, ...ends]);
  over.abort();
  if (!first.ok) void settled.then((result) => result.ok && late(result.value));
  return first;
}

/** The failures that can end a wait. `over` releases their timer and listeners. */
function endings(limits: Limits, over: AbortSignal): Promise<Result<never>>[] {
  const { clock, gone, signal, limitMs } = limits;
  const all: Promise<Result<never>>[] = [aborted(gone, over).then(() => lost(gone))];
  if (signal) all.push(aborted(signal, over).then(() => fail('cancelled')));
  if (limitMs !== undefined)
    all.push(clock.sleep(limitMs, over).then(() => fail('stalled', `no answer in ${limitMs} ms`)));
  return all;
}

/** When the library's error may be only the echo of a lost connection, the connection is asked first. */
async function judge(error: unknown, where: Where, limits: Limits): Promise<Result<never>> {
  const { clock, gone } = limits;
  const failure = toFailure(error, where);
  if (speaksForItself(error) && failure.code !== 'unplugged') return { ok: false, failure };
  await Promise.race([aborted(gone), clock.sleep(GONE_GRACE_MS, gone)]);
  return gone.aborted ? lost(gone) : { ok: false, failure };
}

/** Why a connection ended, from the signal that says that it did. */
export const lost = (gone: AbortSignal): Result<never> => ({
  ok: false,
  failure: gone.reason as Failure,
});

/** Resolves when the signal is aborted; `over` takes the listener away, so that nothing piles up on a long life. */
export function aborted(signal: AbortSignal, over?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const options = over ? { once: true, signal: over } : { once: true };
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), options);
  });
}

/** Waits for `work`, but not longer than `ms`, and never for its failure. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work.catch(() => undefined), clock.sleep(ms, over.signal)]);
  over.abort();
}

/** For promises whose end is of no interest: says so, and keeps a rejection from being reported. */
export function ignore(work: PromiseLike<unknown> | undefined | void): void {
  work?.then(undefined, () => undefined);
}
