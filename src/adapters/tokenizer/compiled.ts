import type { Stage } from './spec';

/** Everything an encoder needs, ready to use: nothing is built after reading it back. */
export interface Compiled {
  readonly facts: Facts;
  /** Id of each of the 256 bytes, or -1. */
  readonly byteIds: Int32Array;
  /**
   * Hash table of merges, open addressing, four numbers a slot: left id (or -1: empty), right id, rank, id of the
   * result. Its size is a power of two.
   */
  readonly pairs: Int32Array;
  /** Whole words that are taken as they are (`ignore_merges`); empty when there are none. */
  readonly words: WordTable;
}

export interface Facts {
  readonly nfc: boolean;
  readonly stages: readonly Stage[];
  /** Tokens found in the text as it came, and those found after normalising it. */
  readonly raw: readonly Added[];
  readonly normalized: readonly Added[];
  /** Id for a byte without one; null: such a byte is dropped. */
  readonly unknownId: number | null;
  readonly fuseUnknown: boolean;
  /** Entries of the vocabulary, added tokens included. */
  readonly vocabSize: number;
  readonly merges: number;
}

export interface Added {
  readonly content: string;
  readonly id: number;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** Hash table from bytes to id: slots hold entry + 1; entry i is `bytes[starts[i]..starts[i + 1])`. */
export interface WordTable {
  readonly slots: Int32Array;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly bytes: Uint8Array;
}

export const NO_WORDS: WordTable = {
  slots: new Int32Array(0),
  starts: new Int32Array(0),
  ids: new Int32Array(0),
  bytes: new Uint8Array(0),
};

/** Hash of a pair of ids; the table's size decides how many bits are used. */
export const pairHash = (left: number, right: number): number =>
  (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 9;

/** Hash of a run of bytes. */
export function bytesHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Grows with the format below; a cached file of another version is made anew. */
export const COMPILED_VERSION = 1;
const MAGIC = 0x4b545350; // "PSTK"

/** One buffer: magic, version, length of the facts, lengths of six tables; facts as JSON; the tables, 8-byte aligned. */
export function toBytes(compiled: Compiled): Uint8Array<ArrayBuffer> {
  const facts = new TextEncoder().encode(JSON.stringify(compiled.facts));
  const tables = tablesOf(compiled);
  const head = [
    MAGIC,
    COMPILED_VERSION,
    facts.length,
    ...tables.map(({ byteLength }) => byteLength),
  ];
  const sizes = [head.length * 4, facts.length, ...tables.map(({ byteLength }) => byteLength)];
  const out = new Uint8Array(sizes.reduce((sum, size) => sum + align(size), 0));
  let at = 0;
  for (const part of [new Int32Array(head), facts, ...tables]) {
    out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += align(part.byteLength);
  }
  return out;
}

const tablesOf = ({ byteIds, pairs, words }: Compiled) => [
  byteIds,
  pairs,
  words.slots,
  words.starts,
  words.ids,
  words.bytes,
];
const align = (bytes: number) => (bytes + 7) & ~7;

/** Reads what `toBytes` wrote, as views on the buffer; undefined when it is anything else (another version, cut off). */
export function fromBytes(buffer: ArrayBuffer): Compiled | undefined {
  const headBytes = 9 * 4;
  if (buffer.byteLength < headBytes) return undefined;
  const head = new Int32Array(buffer, 0, 9);
  if (head[0] !== MAGIC || head[1] !== COMPILED_VERSION) return undefined;
  const sizes = [...head.subarray(2)];
  const total = sizes.reduce((sum, size) => sum + align(size), align(headBytes));
  if (total !== buffer.byteLength || sizes.some((size) => size < 0)) return undefined;
  let at = align(headBytes);
  const next = () => {
    const from = at;
    const size = sizes.shift() ?? 0;
    at += align(size);
    return [from, size] as const;
  };
  const ints = () => {
    const [from, size] = next();
    return new Int32Array(buffer, from, size / 4);
  };
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, ...next()))) as Facts;
  const byteIds = ints();
  const pairs = ints();
  const words = {
    slots: ints(),
    starts: ints(),
    ids: ints(),
    bytes: new Uint8Array(buffer, ...next()),
  };
  return { facts, byteIds, pairs, words };
}
