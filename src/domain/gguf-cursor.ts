/** The bytes at hand end here; the file may go on. */
export class GgufEnd extends Error {}
/** The header goes on behind the end of the file: it was cut, or a length in it is damaged. */
export class GgufPast extends Error {}
/** What stands there cannot be part of a GGUF file. The message says what it is. */
export class GgufNonsense extends Error {}

/** Longest string that is read as text; a longer one is skipped. */
const MAX_TEXT_BYTES = 512;
/** Longest list of numbers that is kept. */
const MAX_LIST = 512;

/** A value as far as it is of use: of a long text or list only its length is kept. */
export type GgufValue = string | number | boolean | readonly number[] | { readonly length: number };

const UINT8 = 0;
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const UINT64 = 10;
const INT64 = 11;
/** Bytes of the types that have a fixed size. Source: ggml-org/ggml docs/gguf.md, gguf_metadata_value_type. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ [UINT8]: 1, 1: 1, 2: 2, 3: 2, [UINT32]: 4, [INT32]: 4 },
  ...{ [FLOAT32]: 4, [BOOL]: 1, [UINT64]: 8, [INT64]: 8, 12: 8 },
};

/**
 * Walks over the first bytes of a GGUF file. Nothing that the file claims is allocated: what is kept is
 * bounded by the constants above. Throws `GgufEnd`, `GgufPast` and `GgufNonsense`, for its caller in gguf.ts alone.
 */
export class GgufCursor {
  at = 0;
  readonly #view: DataView;
  readonly #fileBytes: number;

  constructor(head: Uint8Array, fileBytes: number) {
    this.#view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    this.#fileBytes = fileBytes;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A count or an offset. More than a number holds exactly is no count of anything. */
  u64(): number {
    const from = this.#take(8);
    const value = this.#view.getUint32(from + 4, true) * 2 ** 32 + this.#view.getUint32(from, true);
    if (!Number.isSafeInteger(value)) throw new GgufNonsense(`a count of about ${value}`);
    return value;
  }

  /** A text of at most `MAX_TEXT_BYTES`, or the length of a longer one. */
  text(): string | { readonly length: number } {
    const length = this.u64();
    const from = this.#take(length);
    if (length > MAX_TEXT_BYTES) return { length };
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + from, length));
  }

  value(): GgufValue {
    return this.#value(this.u32());
  }

  #value(type: number): GgufValue {
    if (type === STRING) return this.text();
    if (type === ARRAY) return this.#array();
    const size = SIZES[type];
    if (size === undefined) throw new GgufNonsense(`a value of type ${type}`);
    return this.#number(type, this.#take(size));
  }

  #array(): GgufValue {
    const type = this.u32();
    const length = this.u64();
    const size = SIZES[type];
    if (size !== undefined) {
      const from = this.#take(size * length);
      if (length > MAX_LIST) return { length };
      return Array.from({ length }, (_, i) => Number(this.#number(type, from + i * size)));
    }
    if (type !== STRING) throw new GgufNonsense(`a list of type ${type}`);
    for (let i = 0; i < length; i++) this.#take(this.u64());
    return { length };
  }

  #number(type: number, at: number): number | boolean {
    switch (type) {
      case UINT8:
        return this.#view.getUint8(at);
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 3:
        return this.#view.getInt16(at, true);
      case UINT32:
        return this.#view.getUint32(at, true);
      case INT32:
        return this.#view.getInt32(at, true);
      case FLOAT32:
        return this.#view.getFloat32(at, true);
      case BOOL:
        return this.#view.getUint8(at) !== 0;
      case UINT64:
        return Number(this.#view.getBigUint64(at, true));
      case INT64:
        return Number(this.#view.getBigInt64(at, true));
      default:
        return this.#view.getFloat64(at, true);
    }
  }

  /** Passes over so many bytes and says where they began. */
  #take(bytes: number): number {
    const from = this.at;
    const to = from + bytes;
    if (to > this.#fileBytes) throw new GgufPast();
    if (to > this.#view.byteLength) throw new GgufEnd();
    this.at = to;
    return from;
  }
}
