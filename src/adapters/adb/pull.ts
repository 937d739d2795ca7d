import type { AdbSync } from '@yume-chan/adb';
import { fail, ok, type Result } from '../../domain/result';
import type { Link } from './link';
import { countMoves, stallFailure, type Moves } from './stall';
import { closeSync, openSync } from './sync';

/**
 * Reads a file by sync: `Device.pull()`. A stop or a file over the cap closes the socket, because
 * cancelling the stream would still transfer all the rest (F9).
 */
export async function pull(
  link: Link,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array>> {
  const sync = await openSync(link, signal);
  if (!sync.ok) return sync;
  const moves = countMoves(link.clock);
  const over = new AbortController();
  const reading = link.wait(readAll(sync.value.read(path), maxBytes, moves), 'sync', { signal });
  const result = await Promise.race([reading, stallFailure(moves, over.signal)]);
  over.abort();
  await closeSync(link, sync.value);
  if (!result.ok) return result;
  return result.value
    ? ok(result.value)
    : fail('output-flood', `the file has more than ${maxBytes} bytes`);
}

/** The whole file, or undefined when it is larger than it may be. */
async function readAll(
  file: ReturnType<AdbSync['read']>,
  maxBytes: number,
  moves: Moves,
): Promise<Uint8Array | undefined> {
  const reader = file.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    moves.add(value.byteLength);
    if (moves.bytes > maxBytes) return undefined;
    parts.push(value);
  }
  const whole = new Uint8Array(moves.bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
