import type { PushFile } from '../../domain/device';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import type { Link } from './link';
import { follow, pieces } from './outgoing';
import { stallFailure, type Moves } from './stall';
import { closeSync, openSync } from './sync';
import { ignore } from './wait';

/** Writes a file by sync: `Device.push()`. */
export const push = (
  link: Link,
  file: PushFile,
  signal: AbortSignal,
): AsyncGenerator<number, Result<void>, void> =>
  follow(link, signal, (moves, stop) => pushWhole(link, file, moves, stop));

/**
 * F2: the library ignores a source that fails and waits for the phone's answer for ever. So the source
 * is watched here; its failure, a stop and a stall all close the sync socket, and are what is reported.
 */
async function pushWhole(
  link: Link,
  { path, source, mode }: PushFile,
  moves: Moves,
  signal: AbortSignal,
): Promise<Result<void>> {
  const reader = source.getReader();
  const sync = await openSync(link, signal);
  if (!sync.ok) {
    ignore(reader.cancel());
    return sync;
  }
  const over = new AbortController();
  const broken = new AbortController();
  const file = pieces(reader, moves, (failure) => broken.abort(failure));
  const written = link.wait(
    sync.value.write({ filename: path, file, permission: mode & 0o777 }),
    'sync',
    { signal: AbortSignal.any([signal, broken.signal]) },
  );
  const result = await Promise.race([written, stallFailure(moves, over.signal)]);
  over.abort();
  ignore(reader.cancel());
  await closeSync(link, sync.value);
  if (!result.ok && broken.signal.aborted && !signal.aborted)
    return { ok: false, failure: broken.signal.reason as Failure };
  return result;
}
