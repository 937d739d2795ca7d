import { bytesHash, type WordTable } from './compiled';
import type { Vocab } from './vocab';

/** A copy of the vocabulary that needs the file no longer. */
export function wordTable(vocab: Vocab): WordTable {
  const starts = new Int32Array(vocab.size + 1);
  const ids = new Int32Array(vocab.size);
  let total = 0;
  let entry = 0;
  vocab.forEach((token) => (starts[++entry] = total += token.length));
  const bytes = new Uint8Array(total);
  let slotCount = 16;
  while (slotCount < vocab.size * 2) slotCount *= 2;
  const slots = new Int32Array(slotCount);
  entry = 0;
  vocab.forEach((token, id) => {
    const start = starts[entry]!;
    bytes.set(token, start);
    ids[entry++] = id;
    let slot = bytesHash(bytes, start, start + token.length) & (slotCount - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
    slots[slot] = entry;
  });
  return { slots, starts, ids, bytes };
}

/** Id of the word `bytes[start..end)`, or -1. */
export function findWord(table: WordTable, word: Uint8Array, end: number): number {
  const { slots, starts, ids, bytes } = table;
  const mask = slots.length - 1;
  let slot = bytesHash(word, 0, end) & mask;
  next: for (let entry; (entry = slots[slot]! - 1) >= 0; slot = (slot + 1) & mask) {
    const start = starts[entry]!;
    if (starts[entry + 1]! - start !== end) continue;
    for (let i = 0; i < end; i++) if (bytes[start + i] !== word[i]) continue next;
    return ids[entry]!;
  }
  return -1;
}
