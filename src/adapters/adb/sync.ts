import type { AdbSync } from '@yume-chan/adb';
import { fail, type Result } from '../../domain/result';
import type { Link } from './link';
import { atMost, ignore, STALL_MS } from './wait';

const CLOSE_MS = 1000;

/**
 * Opens a sync socket for one file: after a failure it is dead (F8), so none is used twice.
 * Failures: stalled, unplugged, cancelled.
 */
export async function openSync(link: Link, signal: AbortSignal): Promise<Result<AdbSync>> {
  if (signal.aborted) return fail('cancelled');
  return link.wait(link.adb.sync(), 'sync', {
    signal,
    limitMs: STALL_MS,
    late: (sync) => ignore(dispose(sync)),
  });
}

/** Closes the socket; adbd then deletes the part of a file that was on its way. Never throws. */
export async function closeSync(link: Link, sync: AdbSync): Promise<void> {
  if (link.gone.aborted) ignore(dispose(sync));
  else await atMost(link.clock, CLOSE_MS, dispose(sync));
}

const dispose = async (sync: AdbSync) => sync.dispose();
