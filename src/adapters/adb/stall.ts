import type { Clock } from '../../domain/clock';
import { fail, type Result } from '../../domain/result';
import { STALL_MS } from './wait';

/** Bytes that one transfer has moved, and when last. */
export interface Moves {
  /** Total so far. */
  readonly bytes: number;
  /** Counts bytes that were taken. */
  add(bytes: number): void;
  /** True while we wait for ourselves (a slow source): the phone is not to blame. */
  pause(paused: boolean): void;
  /** Resolves with the total when it is above `seen`. One waiter at a time. */
  next(seen: number): Promise<number>;
  /** Resolves when nothing moved for `STALL_MS` and only the phone is to blame; or when `over` is aborted. */
  stalled(over: AbortSignal): Promise<void>;
}

export function countMoves(clock: Clock): Moves {
  let bytes = 0;
  let paused = false;
  let since = clock.now();
  let wake: () => void = () => undefined;
  return {
    get bytes() {
      return bytes;
    },
    add(more) {
      bytes += more;
      since = clock.now();
      wake();
    },
    pause(value) {
      paused = value;
      since = clock.now();
    },
    async next(seen) {
      while (bytes <= seen) await new Promise<void>((resolve) => (wake = resolve));
      return bytes;
    },
    async stalled(over) {
      while (!over.aborted) {
        const leftMs = paused ? STALL_MS : since + STALL_MS - clock.now();
        if (leftMs <= 0) return;
        await clock.sleep(leftMs, over);
      }
    },
  };
}

/** The library has no time limit anywhere (adb.md section 4, "hung phone"): this is ours, as a result to race. */
export async function stallFailure(moves: Moves, over: AbortSignal): Promise<Result<never>> {
  await moves.stalled(over);
  return fail('stalled', `no byte moved in ${STALL_MS} ms, ${moves.bytes} before`);
}
