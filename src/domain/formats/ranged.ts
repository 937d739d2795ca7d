/** Bytes that can be read in part: a file of gigabytes without loading it. */
export interface RangedBytes {
  readonly size: number;
  /** The bytes from `at`, as many of `length` as there are. */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** Bytes at hand, as if they were a file. */
export const rangedOf = (bytes: Uint8Array): RangedBytes => ({
  size: bytes.byteLength,
  read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
});

/** The file is not as its format says. Thrown and caught inside a reader. */
export class Malformed extends Error {}

const BLOCK = 1 << 16;

/**
 * Little-endian numbers at any place of a file, read in blocks of 64 KiB that are kept. Reading outside the file, or more
 * blocks than `maxBlocks`, throws `Malformed`: a file that leads in circles ends here.
 */
export class Blocks {
  readonly size: number;
  readonly #file: RangedBytes;
  readonly #maxBlocks: number;
  readonly #held = new Map<number, Promise<Uint8Array>>();

  constructor(file: RangedBytes, maxBlocks = 512) {
    this.#file = file;
    this.size = file.size;
    this.#maxBlocks = maxBlocks;
  }

  /** Exactly these bytes. */
  async bytes(at: number, length: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(at) || at < 0 || length < 0 || at + length > this.size)
      throw new Malformed(`points to byte ${at} of ${this.size}`);
    if (length > BLOCK) throw new Malformed(`one part has ${length} bytes`);
    const first = Math.floor(at / BLOCK);
    const block = await this.#block(first);
    const from = at - first * BLOCK;
    if (from + length <= block.byteLength) return block.subarray(from, from + length);
    const next = await this.#block(first + 1);
    const out = new Uint8Array(length);
    const here = block.subarray(from);
    out.set(here);
    out.set(next.subarray(0, length - here.byteLength), here.byteLength);
    return out;
  }

  async view(at: number, length: number): Promise<DataView> {
    const bytes = await this.bytes(at, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  readonly u8 = async (at: number) => (await this.view(at, 1)).getUint8(0);
  readonly u16 = async (at: number) => (await this.view(at, 2)).getUint16(0, true);
  readonly u32 = async (at: number) => (await this.view(at, 4)).getUint32(0, true);
  readonly i32 = async (at: number) => (await this.view(at, 4)).getInt32(0, true);
  readonly u64 = async (at: number) => Number((await this.view(at, 8)).getBigUint64(0, true));

  /** Text up to a zero byte, at most `max` bytes. */
  async zeroEnded(at: number, max: number): Promise<string> {
    const bytes = await this.bytes(at, Math.max(0, Math.min(max + 1, this.size - at)));
    const end = bytes.indexOf(0);
    if (end < 0) throw new Malformed(`a name is longer than ${max} bytes`);
    return latin1(bytes.subarray(0, end));
  }

  async #block(index: number): Promise<Uint8Array> {
    const held = this.#held.get(index);
    if (held) return held;
    if (this.#held.size >= this.#maxBlocks) throw new Malformed('its tables are spread too widely');
    const length = Math.min(BLOCK, this.size - index * BLOCK);
    const read = this.#file.read(index * BLOCK, length).then((bytes) => {
      if (bytes.byteLength < length)
        throw new Malformed('the file became shorter while it was read');
      return bytes;
    });
    this.#held.set(index, read);
    return read;
  }
}

/** One character per byte: names in these formats are ASCII, and nothing else may pass unseen. */
export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
