/** ADB packets as they cross USB: a header of 24 bytes in one transfer, the payload in others. Source: AOSP packages/modules/adb, protocol.txt. */
export const CNXN = 0x4e584e43;
export const AUTH = 0x48545541;
export const OPEN = 0x4e45504f;
export const OKAY = 0x59414b4f;
export const WRTE = 0x45545257;
export const CLSE = 0x45534c43;

/** Version without checksums (Android 9 and later). */
export const VERSION = 0x01000001;
/** Largest payload either side may send. */
export const MAX_PAYLOAD = 1 << 20;
export const HEADER_BYTES = 24;

export interface Packet {
  readonly command: number;
  readonly arg0: number;
  readonly arg1: number;
  readonly payload: Uint8Array;
}

/** The host sent bytes that are no packet. A real phone drops the connection. */
export class FramingFault extends Error {}

/** The transfers that carry a packet. Checksums are sent where a host may still look at them: before the version is agreed. */
export function toTransfers({ command, arg0, arg1, payload }: Packet): Uint8Array[] {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const early = command === CNXN || command === AUTH;
  const words = [command, arg0, arg1, payload.length, early ? sum(payload) : 0, ~command];
  words.forEach((word, i) => header.setUint32(i * 4, word >>> 0, true));
  const first = new Uint8Array(header.buffer);
  return payload.length ? [first, payload] : [first];
}

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0);

/** Puts packets together from OUT transfers. Empty transfers (end markers of full USB packets) are skipped. */
export class PacketReader {
  #header: Omit<Packet, 'payload'> | undefined;
  #missing = 0;
  #parts: Uint8Array[] = [];

  /** Takes one transfer; returns a packet when it is whole. Throws FramingFault. */
  push(transfer: Uint8Array): Packet | undefined {
    if (transfer.length === 0) return undefined;
    if (!this.#header) return this.#begin(transfer);
    if (transfer.length > this.#missing)
      throw new FramingFault(`${transfer.length} bytes where ${this.#missing} were missing`);
    this.#parts.push(transfer);
    this.#missing -= transfer.length;
    return this.#missing === 0 ? this.#finish() : undefined;
  }

  #begin(transfer: Uint8Array): Packet | undefined {
    if (transfer.length !== HEADER_BYTES)
      throw new FramingFault(`a header of ${transfer.length} bytes`);
    const view = new DataView(transfer.buffer, transfer.byteOffset, HEADER_BYTES);
    const word = (i: number) => view.getUint32(i * 4, true);
    if (word(5) !== ~word(0) >>> 0) throw new FramingFault('a header with a wrong magic');
    if (word(3) > MAX_PAYLOAD) throw new FramingFault(`a payload of ${word(3)} bytes`);
    this.#header = { command: word(0), arg0: word(1), arg1: word(2) };
    this.#missing = word(3);
    return this.#missing === 0 ? this.#finish() : undefined;
  }

  #finish(): Packet | undefined {
    const header = this.#header;
    const payload = concat(this.#parts);
    this.#header = undefined;
    this.#parts = [];
    return header && { ...header, payload };
  }
}

/** One array of all parts; the part itself when there is only one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
