import { Malformed, type JsonCursor } from './json-cursor';

/** A vocabulary larger than this is refused; the largest in use have 262 144 entries. */
export const MAX_VOCAB = 1 << 22;
/** Mean number of slots looked at per entry before a file counts as made to be slow. */
const MAX_PROBES = 64;

const FNV_START = 0x811c9dc5 | 0;
const fnv = (hash: number, byte: number) => Math.imul(hash ^ byte, 0x01000193);

/** Token -> id over UTF-8 bytes: open addressing, keys left where they stand in the file. */
export class Vocab {
  size = 0;
  private slots = new Int32Array(1 << 18);
  private starts = new Int32Array(1 << 17);
  private ends = new Int32Array(1 << 17);
  private ids = new Int32Array(1 << 17);
  private hashes = new Int32Array(1 << 17);
  private readonly bytes: Uint8Array;
  private probes = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Adds `bytes[start..end)`; a key that comes twice keeps its last id, as in Rust's HashMap. */
  set(start: number, end: number, id: number): void {
    const { bytes, starts, ends } = this;
    let hash = FNV_START;
    for (let i = start; i < end; i++) hash = fnv(hash, bytes[i]!);
    const mask = this.slots.length - 1;
    let slot = spread(hash) & mask;
    for (let entry; (entry = this.slots[slot]! - 1) >= 0; slot = (slot + 1) & mask) {
      this.probes++;
      if (this.hashes[entry] !== hash || ends[entry]! - starts[entry]! !== end - start) continue;
      if (!this.equal(starts[entry]!, start, end)) continue;
      this.ids[entry] = id;
      return;
    }
    this.add(slot, start, end, id, hash);
  }

  private add(slot: number, start: number, end: number, id: number, hash: number): void {
    const entry = this.size++;
    if (entry >= MAX_VOCAB) throw new Malformed('the vocabulary is too large');
    if (this.probes > 1e6 + entry * MAX_PROBES)
      throw new Malformed('the vocabulary is made to be slow');
    this.starts[entry] = start;
    this.ends[entry] = end;
    this.ids[entry] = id;
    this.hashes[entry] = hash;
    this.slots[slot] = entry + 1;
    if (this.size * 2 >= this.slots.length) this.grow();
  }

  private equal(at: number, start: number, end: number): boolean {
    const { bytes } = this;
    for (let i = start; i < end; i++) if (bytes[at + i - start] !== bytes[i]) return false;
    return true;
  }

  private grow(): void {
    const double = (from: Int32Array<ArrayBuffer>) => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.starts = double(this.starts);
    this.ends = double(this.ends);
    this.ids = double(this.ids);
    this.hashes = double(this.hashes);
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.size; entry++) {
      let slot = spread(this.hashes[entry]!) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry + 1;
    }
  }

  /** Id of the token whose UTF-8 is `a[aStart..aEnd)` followed by `a[bStart..bEnd)`, or -1. */
  find(a: Uint8Array, aStart: number, aEnd: number, bStart = 0, bEnd = 0): number {
    let hash = FNV_START;
    for (let i = aStart; i < aEnd; i++) hash = fnv(hash, a[i]!);
    for (let i = bStart; i < bEnd; i++) hash = fnv(hash, a[i]!);
    const { slots, hashes, starts, ends, bytes } = this;
    const mask = slots.length - 1;
    const first = aEnd - aStart;
    const length = first + bEnd - bStart;
    let slot = spread(hash) & mask;
    next: for (let entry; (entry = slots[slot]! - 1) >= 0; slot = (slot + 1) & mask) {
      const at = starts[entry]!;
      if (hashes[entry] !== hash || ends[entry]! - at !== length) continue;
      for (let i = 0; i < first; i++) if (bytes[at + i] !== a[aStart + i]) continue next;
      for (let i = first; i < length; i++)
        if (bytes[at + i] !== a[bStart + i - first]) continue next;
      return this.ids[entry]!;
    }
    return -1;
  }

  /** Id of a token given as text, or -1. */
  idOf(token: string): number {
    const bytes = new TextEncoder().encode(token);
    return this.find(bytes, 0, bytes.length);
  }

  /** Calls `entry` with every token's bytes and id. */
  forEach(entry: (token: Uint8Array, id: number) => void): void {
    for (let i = 0; i < this.size; i++)
      entry(this.bytes.subarray(this.starts[i], this.ends[i]), this.ids[i]!);
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
