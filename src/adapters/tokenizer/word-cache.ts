import type { Ids } from './ids';

/** Longer words seldom come twice. */
const MAX_CHARS = 32;
const ENTRIES = 1 << 15;
const FULL = ENTRIES / 2;
const MAX_PROBES = 16;

/** Ids of short words seen before. When it is full it starts anew. No strings: keys are compared where they stand. */
export class WordCache {
  /** Per slot: hash, where the key begins, its length | count of ids << 8 (0: empty), where the ids begin. */
  private readonly slots = new Int32Array(ENTRIES * 4);
  private readonly keys = new Uint16Array(FULL * 12);
  private readonly values = new Int32Array(FULL * 6);
  private entries = 0;
  private keysUsed = 0;
  private valuesUsed = 0;
  /** Slot and hash of the last miss, for `keep`. */
  private missed = -1;
  private missedHash = 0;

  /** Appends the word's ids if they are known. */
  find(units: Uint16Array, start: number, end: number, out: Ids): boolean {
    const length = end - start;
    this.missed = -1;
    if (length > MAX_CHARS) return false;
    let hash = length;
    for (let i = start; i < end; i++)
      hash = Math.imul(hash ^ units[i]!, 0x9e3779b1) ^ (hash >>> 15);
    const { slots, keys } = this;
    let slot = ((hash ^ (hash >>> 16)) & (ENTRIES - 1)) << 2;
    next: for (let probe = 0; probe < MAX_PROBES; probe++, slot = (slot + 4) & (ENTRIES * 4 - 1)) {
      const sizes = slots[slot + 2]!;
      if (sizes === 0) {
        this.missed = slot;
        this.missedHash = hash;
        return false;
      }
      if (slots[slot] !== hash || (sizes & 0xff) !== length) continue;
      const key = slots[slot + 1]!;
      for (let i = 0; i < length; i++) if (keys[key + i] !== units[start + i]) continue next;
      out.append(this.values, slots[slot + 3]!, sizes >> 8);
      return true;
    }
    return false;
  }

  /** Remembers the ids that were appended since `first`, right after a miss. */
  keep(units: Uint16Array, start: number, end: number, out: Ids, first: number): void {
    if (this.missed < 0) return;
    const length = end - start;
    const count = out.length - first;
    const { slots, keys, values } = this;
    const full =
      this.entries >= FULL ||
      this.keysUsed + length > keys.length ||
      this.valuesUsed + count > values.length;
    if (full) {
      slots.fill(0);
      this.entries = this.keysUsed = this.valuesUsed = 0;
      return; // this word's slot may be another one now
    }
    slots[this.missed] = this.missedHash;
    slots[this.missed + 1] = this.keysUsed;
    slots[this.missed + 2] = length | (count << 8);
    slots[this.missed + 3] = this.valuesUsed;
    for (let i = 0; i < length; i++) keys[this.keysUsed + i] = units[start + i]!;
    for (let i = 0; i < count; i++) values[this.valuesUsed + i] = out.data[first + i]!;
    this.entries++;
    this.keysUsed += length;
    this.valuesUsed += count;
  }
}
