import { ReadableStream } from '@yume-chan/stream-extra';
import type { PushFile } from '../../domain/device';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import { toFailure } from './failures';
import type { Link } from './link';
import { countMoves, stallFailure, type Moves } from './stall';
import { closeSync, openSync } from './sync';
import { ignore } from './wait';

/** Progress and the stall watchdog see pieces of at most this size, however large the source's chunks are. */
const PIECE_BYTES = 256 << 10;

/** Writes a file by sync: `Device.push()`. */
export async function* push(
  link: Link,
  file: PushFile,
  signal: AbortSignal,
): AsyncGenerator<number, Result<void>, void> {
  const moves = countMoves(link.clock);
  // However this generator is left, the transfer ends with it.
  const left = new AbortController();
  const pushed = pushWhole(link, file, moves, AbortSignal.any([signal, left.signal]));
  try {
    for (let shown = 0; ;) {
      const result = await Promise.race([pushed, moves.next(shown)]);
      if (moves.bytes > shown) yield (shown = moves.bytes);
      if (typeof result !== 'number') return result;
    }
  } finally {
    left.abort();
    await pushed;
  }
}

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

/** The source in small pieces. A piece counts as handed over when the library asks for the next. */
function pieces(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  moves: Moves,
  onFailure: (failure: Failure) => void,
): ReadableStream<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  let handed = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        moves.add(handed);
        handed = 0;
        try {
          // A slow source is not a stalled phone.
          moves.pause(true);
          while (rest.byteLength === 0) {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            rest = value;
          }
        } catch (error) {
          onFailure(toFailure(error, 'source'));
          return controller.error(error);
        } finally {
          moves.pause(false);
        }
        const piece = rest.subarray(0, PIECE_BYTES);
        rest = rest.subarray(PIECE_BYTES);
        handed = piece.byteLength;
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}
