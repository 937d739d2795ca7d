import type { AdbShellProtocolProcess } from '@yume-chan/adb';
import { BufferCombiner } from '@yume-chan/stream-extra';
import type { Feeding, ShellOutput } from '../../domain/device';
import type { Failure } from '../../domain/failure';
import type { Result } from '../../domain/result';
import { toFailure } from './failures';
import type { Link } from './link';
import { follow, take } from './outgoing';
import { collect, hangUp, startScript } from './shell';
import { stallFailure, type Moves } from './stall';
import { ignore } from './wait';

/** Each write to stdin is a shell protocol packet: a byte of kind and four of length (AOSP adb, shell_protocol.h). */
const FRAME_BYTES = 5;
/**
 * A write takes about this long: over a slow cable writes are small, so that progress moves and a stop is heard; over a fast one
 * they are as large as the phone takes, because each waits for its OKAY.
 */
const WRITE_MS = 250;
const MIN_WRITE_BYTES = 64 << 10;

/** Runs a script that is given a stream on its stdin: `Device.feed()`. */
export const feed = (
  link: Link,
  feeding: Feeding,
  signal: AbortSignal,
): AsyncGenerator<number, Result<ShellOutput>, void> =>
  follow(link, signal, (moves, stop) => feedWhole(link, feeding, moves, stop));

/** As in push, what ends first decides; whatever it is, the source is let go of and the script is hung up. */
async function feedWhole(
  link: Link,
  { script, source }: Feeding,
  moves: Moves,
  signal: AbortSignal,
): Promise<Result<ShellOutput>> {
  const reader = source.getReader();
  const started = await startScript(link, script, signal);
  if (!started.ok) {
    ignore(reader.cancel());
    return started;
  }
  const over = new AbortController();
  const broken = new AbortController();
  const poured = pour(reader, started.value, link, moves);
  poured.catch((error: unknown) => broken.abort(toFailure(error, 'source')));
  const ended = collect(link, started.value, AbortSignal.any([signal, broken.signal]));
  const result = await Promise.race([ended, stallFailure(moves, over.signal)]);
  over.abort();
  ignore(reader.cancel());
  hangUp(started.value);
  if (!result.ok && broken.signal.aborted && !signal.aborted)
    return { ok: false, failure: broken.signal.reason as Failure };
  return result;
}

/**
 * The stream, in writes, then the end of stdin. A write counts when the library has sent it. Rejects only for the source: a
 * write ends with the script or the connection, which others see.
 */
async function pour(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { stdin }: AdbShellProtocolProcess,
  { adb, clock }: Link,
  moves: Moves,
): Promise<void> {
  const writer = stdin.getWriter();
  const maxBytes = adb.maxPayloadSize - FRAME_BYTES;
  const packets = new BufferCombiner(maxBytes);
  let size = MIN_WRITE_BYTES;
  const write = async (packet: Uint8Array) => {
    for (let at = 0; at < packet.byteLength;) {
      const piece = packet.subarray(at, at + size);
      const began = clock.now();
      await writer.write(piece);
      moves.add(piece.byteLength);
      at += piece.byteLength;
      const ms = clock.now() - began;
      if (ms < WRITE_MS / 2) size = Math.min(maxBytes, size * 2);
      else if (ms > WRITE_MS * 2) size = Math.max(MIN_WRITE_BYTES, size >> 1);
    }
  };
  const closed = async (writing: Promise<void>) =>
    writing.then(
      () => false,
      () => true,
    );
  // The next bytes are fetched while these are on their way.
  const ahead = () => {
    const taken = take(reader, moves);
    ignore(taken);
    return taken;
  };
  let next = ahead();
  for (let chunk = await next; chunk; chunk = await next) {
    next = ahead();
    for (const packet of packets.push(chunk)) if (await closed(write(packet))) return;
  }
  const rest = packets.flush();
  if (rest && (await closed(write(rest)))) return;
  ignore(writer.close());
}
