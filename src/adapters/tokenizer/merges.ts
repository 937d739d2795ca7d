import { pairHash } from './compiled';
import { Malformed, type JsonCursor } from './json-cursor';
import type { Vocab } from './vocab';

/** Rank and position share one number in the merge heap. */
const MAX_MERGES = 1 << 21;

/** How many, and the hash table of `Compiled`. */
export interface Merges {
  readonly pairs: Int32Array;
  readonly merges: number;
}

/** Reads "a b" or ["a", "b"] each; the rank is the place in the list. Throws Malformed. */
export function readMerges(cursor: JsonCursor, vocab: Vocab): Merges {
  const { bytes } = cursor;
  let found = new Int32Array(1 << 18);
  let merges = 0;
  const add = (a: number, aEnd: number, b: number, bEnd: number) => {
    if (merges >= MAX_MERGES) throw new Malformed('too many merges');
    const left = vocab.find(bytes, a, aEnd);
    const right = vocab.find(bytes, b, bEnd);
    const both = vocab.findNext(bytes, a, aEnd, b, bEnd);
    if (left < 0 || right < 0 || both < 0)
      throw new Malformed(`merge ${merges} is of tokens that are not in the vocabulary`);
    if (merges * 3 + 3 > found.length) {
      const larger = new Int32Array(found.length * 2);
      larger.set(found);
      found = larger;
    }
    found[merges * 3] = left;
    found[merges * 3 + 1] = right;
    found[merges * 3 + 2] = both;
    merges++;
  };
  cursor.array(() => {
    if (cursor.peek() === 0x5b) readPair(cursor, add);
    else readJoined(cursor, merges, add);
  });
  return { pairs: pairTable(found, merges), merges };
}

type AddMerge = (a: number, aEnd: number, b: number, bEnd: number) => void;

function readPair(cursor: JsonCursor, add: AddMerge): void {
  const parts: number[] = [];
  cursor.array(() => {
    cursor.string();
    parts.push(cursor.start, cursor.end);
  });
  const [a, aEnd, b, bEnd] = parts;
  if (a === undefined || aEnd === undefined || b === undefined || bEnd === undefined)
    throw new Malformed('a merge is not of two tokens');
  if (parts.length > 4) throw new Malformed('a merge is of more than two tokens');
  add(a, aEnd, b, bEnd);
}

const VERSION_LINE = new TextEncoder().encode('#version');

function readJoined(cursor: JsonCursor, merges: number, add: AddMerge): void {
  cursor.string();
  const { bytes, start, end } = cursor;
  // The first line of merges.txt, when somebody pasted the file; Rust leaves it out anywhere.
  if (VERSION_LINE.every((byte, i) => bytes[start + i] === byte)) return;
  let space = -1;
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0x20) continue;
    if (space >= 0) throw new Malformed(`merge ${merges} is of more than two tokens`);
    space = i;
  }
  if (space < 0) throw new Malformed(`merge ${merges} is not of two tokens`);
  add(start, space, space + 1, end);
}

/** Builds the hash table; a pair that comes twice keeps its last rank, as in Rust's HashMap. */
function pairTable(found: Int32Array, merges: number): Int32Array {
  let size = 16;
  while (size < merges * 1.5) size *= 2;
  const pairs = new Int32Array(size * 4).fill(-1);
  const mask = size - 1;
  for (let rank = 0; rank < merges; rank++) {
    const left = found[rank * 3]!;
    const right = found[rank * 3 + 1]!;
    let slot = pairHash(left, right) & mask;
    while (pairs[slot * 4]! >= 0 && (pairs[slot * 4] !== left || pairs[slot * 4 + 1] !== right))
      slot = (slot + 1) & mask;
    pairs[slot * 4] = left;
    pairs[slot * 4 + 1] = right;
    pairs[slot * 4 + 2] = rank;
    pairs[slot * 4 + 3] = found[rank * 3 + 2]!;
  }
  return pairs;
}
