import { pairHash, type Compiled, type WordTable } from './compiled';
import type { Ids } from './ids';
import { mergeLong } from './merge-long';
import { WordCache } from './word-cache';
import { findWord } from './words';
import { BYTE_CHARS } from './alphabet';

/** Longer words are merged with a heap; below, looking for the best pair each time is quicker. */
const SHORT = 64;
const NONE = 0x7fffffff;

/** Merges the bytes of words. Holds scratch space and a cache of short words; one text at a time. */
export class Bpe {
  private readonly cache = new WordCache();
  private bytes = new Uint8Array(3 * SHORT);
  private symbols = new Int32Array(3 * SHORT);
  private readonly rank = new Int32Array(SHORT);
  private readonly slot = new Int32Array(SHORT);

  private readonly model: Compiled;

  constructor(model: Compiled) {
    this.model = model;
  }

  /** Appends the ids of the word `units[start..end)`. */
  word(units: Uint16Array, start: number, end: number, out: Ids): void {
    if (this.cache.find(units, start, end, out)) return;
    const first = out.length;
    this.encode(units, start, end, out);
    this.cache.keep(units, start, end, out, first);
  }

  private encode(units: Uint16Array, start: number, end: number, out: Ids): void {
    const length = this.toBytes(units, start, end);
    const { words } = this.model;
    if (words.slots.length > 0) {
      const whole = wholeWord(words, this.bytes, length);
      if (whole >= 0) return out.push(whole);
    }
    let count = this.toSymbols(length);
    count =
      count <= SHORT ? this.mergeShort(count) : mergeLong(this.symbols, count, this.model.pairs);
    out.append(this.symbols, 0, count);
  }

  /** UTF-8 of well-formed UTF-16. */
  private toBytes(units: Uint16Array, start: number, end: number): number {
    const room = (end - start) * 3;
    if (this.bytes.length < room) {
      this.bytes = new Uint8Array(room);
      this.symbols = new Int32Array(room);
    }
    const { bytes } = this;
    let n = 0;
    for (let i = start; i < end; i++) {
      const unit = units[i]!;
      if (unit < 0x80) bytes[n++] = unit;
      else if (unit < 0x800) {
        bytes[n++] = 0xc0 | (unit >> 6);
        bytes[n++] = 0x80 | (unit & 0x3f);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        bytes[n++] = 0xe0 | (unit >> 12);
        bytes[n++] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[n++] = 0x80 | (unit & 0x3f);
      } else {
        const point = ((unit - 0xd800) << 10) + units[++i]! - 0xdc00 + 0x10000;
        bytes[n++] = 0xf0 | (point >> 18);
        bytes[n++] = 0x80 | ((point >> 12) & 0x3f);
        bytes[n++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[n++] = 0x80 | (point & 0x3f);
      }
    }
    return n;
  }

  /** An id per byte; what has none is dropped, or becomes the unknown token (one for a run, if so told). */
  private toSymbols(length: number): number {
    const { byteIds, facts } = this.model;
    const { bytes, symbols } = this;
    let n = 0;
    let inUnknown = false;
    for (let i = 0; i < length; i++) {
      const id = byteIds[bytes[i]!]!;
      if (id >= 0) symbols[n++] = id;
      else if (facts.unknownId !== null && !(facts.fuseUnknown && inUnknown))
        symbols[n++] = facts.unknownId;
      inUnknown = id < 0;
    }
    return n;
  }

  /** Slot of the pair's merge, times four, or -1. */
  private find(left: number, right: number): number {
    const { pairs } = this.model;
    const mask = (pairs.length >> 2) - 1;
    let slot = (pairHash(left, right) & mask) << 2;
    for (let found; (found = pairs[slot]!) >= 0; slot = (slot + 4) & (pairs.length - 1))
      if (found === left && pairs[slot + 1] === right) return slot;
    return -1;
  }

  /** Looks for the lowest rank, leftmost first, until there is none. Returns how many symbols are left. */
  private mergeShort(count: number): number {
    const { symbols, rank, slot } = this;
    const { pairs } = this.model;
    const look = (i: number) => {
      const found = i + 1 < count ? this.find(symbols[i]!, symbols[i + 1]!) : -1;
      slot[i] = found;
      rank[i] = found < 0 ? NONE : pairs[found + 2]!;
    };
    for (let i = 0; i < count; i++) look(i);
    for (;;) {
      let best = NONE;
      let at = -1;
      for (let i = 0; i < count - 1; i++) {
        if (rank[i]! < best) {
          best = rank[i]!;
          at = i;
        }
      }
      if (at < 0) return count;
      symbols[at] = pairs[slot[at]! + 3]!;
      count--;
      for (let i = at + 1; i < count; i++) {
        symbols[i] = symbols[i + 1]!;
        rank[i] = rank[i + 1]!;
        slot[i] = slot[i + 1]!;
      }
      look(at);
      if (at > 0) look(at - 1);
    }
  }
}

/** Id of the whole word as the vocabulary spells it, or -1. */
function wholeWord(words: WordTable, bytes: Uint8Array, length: number): number {
  const spelled = new Uint8Array(length * 2);
  let n = 0;
  for (let i = 0; i < length; i++) {
    const code = BYTE_CHARS[bytes[i]!]!.charCodeAt(0);
    if (code < 0x80) spelled[n++] = code;
    else {
      spelled[n++] = 0xc0 | (code >> 6);
      spelled[n++] = 0x80 | (code & 0x3f);
    }
  }
  return findWord(words, spelled, n);
}
