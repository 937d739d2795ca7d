import { concat } from './packet';
import type { Stream } from './stream';

/** The stream ended where more bytes were needed. */
export class StreamEnded extends Error {}

/** Reads counted bytes from a stream, without copies where a chunk holds them all. */
export class ByteReader {
  readonly #stream: Stream;
  #rest = new Uint8Array(0);

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** At least 1 and at most `max` bytes. Throws StreamEnded. */
  async some(max: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#stream.read();
      if (!next) throw new StreamEnded();
      this.#rest = next as Uint8Array<ArrayBuffer>;
    }
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly `count` bytes. Throws StreamEnded. */
  async exactly(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0;) {
      const part = await this.some(missing);
      parts.push(part);
      missing -= part.length;
    }
    return concat(parts);
  }

  /** Throws away the next `count` bytes, without keeping them. Throws StreamEnded. */
  async skip(count: number): Promise<void> {
    for (let missing = count; missing > 0;) missing -= (await this.some(missing)).length;
  }

  /** The 32-bit little-endian words of the next bytes. */
  async words(count: number): Promise<number[]> {
    const bytes = await this.exactly(count * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true));
  }
}

/** Four ASCII letters as a little-endian word. */
export const id = (name: string): number =>
  [...name].reduce((word, letter, i) => word + letter.charCodeAt(0) * 2 ** (8 * i), 0);

/** Words and 64-bit integers, little-endian, one after the other. */
export function pack(...values: readonly (number | bigint)[]): Uint8Array {
  const size = values.reduce<number>((n, value) => n + (typeof value === 'bigint' ? 8 : 4), 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const value of values) {
    if (typeof value === 'bigint') view.setBigUint64(at, value, true);
    else view.setUint32(at, value >>> 0, true);
    at += typeof value === 'bigint' ? 8 : 4;
  }
  return new Uint8Array(view.buffer);
}
