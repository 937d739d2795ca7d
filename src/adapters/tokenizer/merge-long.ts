import { pairHash } from './compiled';

/** Heap keys are rank * 2^26 + position: exact in a double, and a million letters fit. */
const POSITIONS = 1 << 26;

/**
 * Merges `symbols[0..count)` in place, lowest rank first, leftmost among equals, in O(n log n). Returns how many are left.
 * A linked list holds the symbols, a binary heap the pairs that can be merged; a pair that has changed since it was
 * put there is recognised by its rank and passed over.
 */
export function mergeLong(symbols: Int32Array, count: number, pairs: Int32Array): number {
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  /** Slot of the merge of the pair that begins here, or -1. */
  const slots = new Int32Array(count);
  const heap = new Heap(count);
  const look = (i: number) => {
    const right = next[i]!;
    const slot = right < 0 ? -1 : findPair(pairs, symbols[i]!, symbols[right]!);
    slots[i] = slot;
    if (slot >= 0) heap.push(pairs[slot + 2]! * POSITIONS + i);
  };
  for (let i = 0; i < count; i++) {
    previous[i] = i - 1;
    next[i] = i + 1 < count ? i + 1 : -1;
  }
  for (let i = 0; i < count; i++) look(i);
  while (heap.size > 0) {
    const key = heap.pop();
    const at = key % POSITIONS;
    const slot = slots[at]!;
    if (slot < 0 || pairs[slot + 2]! !== (key - at) / POSITIONS) continue;
    const gone = next[at]!;
    const after = next[gone]!;
    symbols[at] = pairs[slot + 3]!;
    slots[gone] = -1;
    next[at] = after;
    if (after >= 0) previous[after] = at;
    look(at);
    if (previous[at]! >= 0) look(previous[at]!);
  }
  let left = 0;
  for (let i = 0; i >= 0 && i < count; i = next[i]!) symbols[left++] = symbols[i]!;
  return left;
}

function findPair(pairs: Int32Array, left: number, right: number): number {
  let slot = (pairHash(left, right) << 2) & (pairs.length - 1);
  for (let found; (found = pairs[slot]!) >= 0; slot = (slot + 4) & (pairs.length - 1))
    if (found === left && pairs[slot + 1] === right) return slot;
  return -1;
}

/** Binary heap of numbers, smallest first. */
class Heap {
  size = 0;
  private keys: Float64Array;

  constructor(room: number) {
    this.keys = new Float64Array(room + 1);
  }

  push(key: number): void {
    if (this.size === this.keys.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.keys);
      this.keys = larger;
    }
    const { keys } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number {
    const { keys } = this;
    const top = keys[0]!;
    const last = keys[--this.size]!;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}
