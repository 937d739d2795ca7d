import type { Adb } from '@yume-chan/adb';
import type { Clock } from '../../domain/clock';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import { toFailure, type Where } from './failures';
import type { Connection } from './connect';
import type { Port } from './port';
import { aborted, atMost, wait } from './wait';

/** How long closing may take before it goes on without the phone. */
const CLOSE_MS = 1000;

/** A connection that can end: what shell, push and pull stand on. */
export interface Link {
  readonly adb: Adb;
  readonly clock: Clock;
  /** Aborted at the end of the connection; the reason is a `Failure`, `cancelled` when it was closed here. */
  readonly gone: AbortSignal;
  /** `wait()` on this connection. Never rejects. */
  wait<T>(work: PromiseLike<T> | T, where: Where, options?: WaitOptions<T>): Promise<Result<T>>;
  /** Ends the connection. Never throws; safe after an unplug and safe to repeat. */
  close(): Promise<void>;
}

export interface WaitOptions<T> {
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number | undefined;
  readonly late?: (value: T) => void;
}

/** Joins an ADB connection and its port. The port is closed as soon as the connection ends. */
export function createLink({ adb, wire }: Connection, port: Port): Link {
  const { clock } = port;
  const ending = new AbortController();
  const gone = ending.signal;
  const end = (failure: Failure) => {
    if (gone.aborted) return;
    ending.abort(failure);
    wire.end();
    void port.close();
  };
  // F5: `disconnected` resolves or rejects by chance; both mean that the phone is gone.
  adb.disconnected.then(
    () => end({ code: 'unplugged', detail: 'the connection ended' }),
    (error: unknown) => end(toFailure(error, 'transfer')),
  );
  void aborted(wire.lost).then(() => end(wire.lost.reason as Failure));
  return {
    adb,
    clock,
    gone,
    wait: (work, where, { late, ...options } = {}) =>
      wait(work, where, { clock, gone, ...options }, late),
    async close() {
      const connected = !gone.aborted;
      // Told first: what waits must not take the echoes of closing for a lost phone.
      ending.abort({ code: 'cancelled', detail: 'closed here' } satisfies Failure);
      // F5: after an unplug this throws "Cannot close a ERRORED writable stream".
      if (connected) await atMost(clock, CLOSE_MS, adb.close());
      wire.end();
      await port.close();
    },
  };
}
