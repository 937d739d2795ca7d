import { ReadableStream } from '@yume-chan/stream-extra';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import { toFailure } from './failures';
import type { Link } from './link';
import { countMoves, type Moves } from './stall';

/** Progress and the stall watchdog see pieces of at most this size, however large the source's chunks are. */
const PIECE_BYTES = 256 << 10;

/** Carries out a transfer and yields the total of bytes handed over so far. However it is left, the transfer ends with it. */
export async function* follow<T>(
  link: Link,
  signal: AbortSignal,
  transfer: (moves: Moves, signal: AbortSignal) => Promise<Result<T>>,
): AsyncGenerator<number, Result<T>, void> {
  const moves = countMoves(link.clock);
  const left = new AbortController();
  const work = transfer(moves, AbortSignal.any([signal, left.signal]));
  try {
    for (let shown = 0; ;) {
      const result = await Promise.race([work, moves.next(shown)]);
      if (moves.bytes > shown) yield (shown = moves.bytes);
      if (typeof result !== 'number') return result;
    }
  } finally {
    left.abort();
    await work;
  }
}

/** The source in small pieces. A piece counts as handed over when the library asks for the next. */
export function pieces(
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
          if (rest.byteLength === 0) rest = (await take(reader, moves)) ?? rest;
        } catch (error) {
          onFailure(toFailure(error, 'source'));
          return controller.error(error);
        }
        if (rest.byteLength === 0) return controller.close();
        const piece = rest.subarray(0, PIECE_BYTES);
        rest = rest.subarray(PIECE_BYTES);
        handed = piece.byteLength;
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The next bytes of a source, at least one; nothing at its end. A slow source is not a stalled phone. */
export async function take(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  moves: Moves,
): Promise<Uint8Array | undefined> {
  moves.pause(true);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      if (value.byteLength > 0) return value;
    }
  } finally {
    moves.pause(false);
  }
}
