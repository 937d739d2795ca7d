import { Malformed, type JsonCursor } from './json-cursor';

/** A vocabulary larger than this is refused; the largest in use have 262 144 entries. */
export const MAX_VOCAB = 1 << 22;
/** Mean number of slots looked at per entry before a file counts as made to be slow. */
const MAX_PROBES = 64;

const FNV_START = 0x811c9dc5 | 0;

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

/** Whether `keys` has `text[start..end)` at `at`. */
function same(keys: Uint8Array, at: number, text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (keys[at + i - start] !== text[i]) return false;
  return true;
}

/**
 * Token -> id over UTF-8 bytes: open addressing, keys left where they stand in the file. What is looked at together
 * lies together, because nearly all the time of reading a tokenizer goes into waiting for memory here.
 */
export class Vocab {
  size = 0;
  private readonly bytes: Uint8Array;
  /** Two numbers a slot: hash, entry + 1 (0: free). */
  private slots: Int32Array;
  /** Four numbers an entry: start and end of the key, id, hash. */
  private entries: Int32Array;
  private probes = 0;
  /** The entries found last by `findJoined` and by `findNext`. */
  private last = -1;
  private after = -1;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    // An entry with its merge takes some 40 bytes of file: mostly there is nothing to grow.
    let room = 1 << 10;
    while (room * 40 < bytes.length) room *= 2;
    this.slots = new Int32Array(room * 4);
    this.entries = new Int32Array(room * 4);
  }

  /** Adds `bytes[start..end)`; a key that comes twice keeps its last id, as in Rust's HashMap. */
  set(start: number, end: number, id: number): void {
    const { bytes, slots, entries } = this;
    const hash = hashOf(bytes, start, end, FNV_START);
    const mask = slots.length - 1;
    let slot = (spread(hash) << 1) & mask;
    for (let found; (found = slots[slot + 1]!) !== 0; slot = (slot + 2) & mask) {
      this.probes++;
      if (slots[slot] !== hash) continue;
      const entry = (found - 1) << 2;
      if (entries[entry + 1]! - entries[entry]! !== end - start) continue;
      if (!same(bytes, entries[entry]!, bytes, start, end)) continue;
      entries[entry + 2] = id;
      return;
    }
    this.add(slot, start, end, id, hash);
  }

  private add(slot: number, start: number, end: number, id: number, hash: number): void {
    if (this.size >= MAX_VOCAB) throw new Malformed('the vocabulary is too large');
    if (this.probes > 1e6 + this.size * MAX_PROBES)
      throw new Malformed('the vocabulary is made to be slow');
    const { entries } = this;
    const entry = this.size++ << 2;
    entries[entry] = start;
    entries[entry + 1] = end;
    entries[entry + 2] = id;
    entries[entry + 3] = hash;
    this.slots[slot] = hash;
    this.slots[slot + 1] = this.size;
    if (this.size * 4 >= this.slots.length) this.grow();
  }

  private grow(): void {
    const entries = new Int32Array(this.entries.length * 2);
    entries.set(this.entries);
    this.entries = entries;
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.size; entry++) {
      const hash = entries[entry * 4 + 3]!;
      let slot = (spread(hash) << 1) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = hash;
      slots[slot + 1] = entry + 1;
    }
    this.slots = slots;
  }

  /** Id of the token whose UTF-8 is `text[start..end)`, or -1. */
  find(text: Uint8Array, start: number, end: number): number {
    return this.findJoined(text, start, end, end, end);
  }

  /** Id of the token whose UTF-8 is `text[a..aEnd)` followed by `text[b..bEnd)`, or -1. */
  findJoined(text: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
    const hash = hashOf(text, b, bEnd, hashOf(text, a, aEnd, FNV_START));
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = (spread(hash) << 1) & mask;
    for (let found; (found = slots[slot + 1]!) !== 0; slot = (slot + 2) & mask)
      if (slots[slot] === hash && this.isJoined(found - 1, text, a, aEnd, b, bEnd))
        return this.entries[((this.last = found - 1) << 2) + 2]!;
    return -1;
  }

  /** As `findJoined`, quick when it is the entry after the one found last: merges mostly stand in the vocabulary's order. */
  findNext(text: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
    const next = this.after + 1;
    const hit = next < this.size && this.isJoined(next, text, a, aEnd, b, bEnd);
    const id = hit ? this.entries[(next << 2) + 2]! : this.findJoined(text, a, aEnd, b, bEnd);
    if (id >= 0) this.after = hit ? next : this.last;
    return id;
  }

  private isJoined(
    entry: number,
    text: Uint8Array,
    a: number,
    aEnd: number,
    b: number,
    bEnd: number,
  ): boolean {
    const { bytes, entries } = this;
    const start = entries[entry << 2]!;
    const middle = start + aEnd - a;
    if (entries[(entry << 2) + 1] !== middle + bEnd - b) return false;
    return same(bytes, start, text, a, aEnd) && same(bytes, middle, text, b, bEnd);
  }

  /** Id of a token given as text, or -1. */
  idOf(token: string): number {
    const bytes = new TextEncoder().encode(token);
    return this.find(bytes, 0, bytes.length);
  }

  /** Calls `entry` with every token's bytes and id. */
  forEach(entry: (token: Uint8Array, id: number) => void): void {
    const { bytes, entries } = this;
    for (let i = 0; i < this.size * 4; i += 4)
      entry(bytes.subarray(entries[i], entries[i + 1]), entries[i + 2]!);
  }
}

/** FNV's low bits alone cluster; its high bits do not. */
const spread = (hash: number) => hash ^ (hash >>> 15);

/** Reads `{"token": id, …}` at the cursor. Throws Malformed. */
export function readVocab(cursor: JsonCursor): Vocab {
  const vocab = new Vocab(cursor.bytes);
  cursor.object(() => {
    const { start, end } = cursor;
    vocab.set(start, end, cursor.integer());
  });
  return vocab;
}
