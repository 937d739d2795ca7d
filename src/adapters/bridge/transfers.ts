import { FramingFault, HEADER_BYTES, MAX_PAYLOAD } from '../virtual/packet';

/** Somebody waits for the next transfer of at most this many bytes. */
interface Asked {
  readonly id: number;
  readonly length: number;
}

/**
 * Cuts ADB's byte stream into the transfers that USB would carry: a header, then its payload, each in transfers of its own.
 * The packets are the same on USB and TCP; field `data_length` of the header: AOSP packages/modules/adb, protocol.txt.
 */
export class Transfers {
  readonly #deliver: (id: number, bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #asked: Asked[] = [];
  #chunks: Uint8Array[] = [];
  /** What is left of the header or payload at hand. */
  #left = HEADER_BYTES;
  #inHeader = true;
  /** Bytes that nobody asked for yet. */
  unread = 0;

  constructor(deliver: (id: number, bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#deliver = deliver;
  }

  /** Bytes arrived, broken anywhere. Throws FramingFault. */
  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.unread += bytes.length;
    this.#serve();
  }

  /** Asks for the next transfer. Throws FramingFault. */
  ask(id: number, length: number): void {
    this.#asked.push({ id, length });
    this.#serve();
  }

  #serve(): void {
    for (let asked = this.#asked[0]; asked; asked = this.#asked[0]) {
      const length = Math.min(asked.length, this.#left);
      if (this.unread < length) return;
      this.#asked.shift();
      const bytes = this.#take(length);
      this.#advance(bytes);
      this.#deliver(asked.id, bytes);
    }
  }

  /** A copy with a buffer of its own, as WebUSB gives. */
  #take(length: number): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const chunk = this.#chunks.shift() ?? new Uint8Array();
      const missing = length - at;
      if (chunk.length > missing) this.#chunks.unshift(chunk.subarray(missing));
      whole.set(chunk.subarray(0, missing), at);
      at += Math.min(missing, chunk.length);
    }
    this.unread -= length;
    return whole;
  }

  #advance(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    if (this.#left > 0) return;
    const payload = this.#inHeader ? payloadOf(bytes) : 0;
    this.#inHeader = payload === 0;
    this.#left = payload || HEADER_BYTES;
  }
}

function payloadOf(header: Uint8Array): number {
  if (header.length !== HEADER_BYTES) throw new FramingFault('a header was read in parts');
  const { buffer, byteOffset } = header;
  const length = new DataView(buffer, byteOffset).getUint32(12, true);
  if (length > MAX_PAYLOAD) throw new FramingFault(`a payload of ${length} bytes`);
  return length;
}
