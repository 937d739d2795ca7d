import { LETTERS, NEW_NUMBERS, NUMBERS, SPACES, eachRun } from './unicode-tables';

/** What a code point is to the pre-tokenizers. */
export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
/** \r or \n; white space too. */
export const NEWLINE = 4;
/** A number to char::is_numeric, an unassigned character to Oniguruma. */
export const NEW_NUMBER = 5;

let table: Uint8Array | undefined;

/** Class of every code point. 1.1 MB, made once. */
export function classes(): Uint8Array {
  if (table) return table;
  const made = new Uint8Array(0x110000);
  const fill = (runs: string, value: number) =>
    eachRun(runs, (first, last) => made.fill(value, first, last + 1));
  fill(LETTERS, LETTER);
  fill(NUMBERS, NUMBER);
  fill(NEW_NUMBERS, NEW_NUMBER);
  fill(SPACES, SPACE);
  made[0x0a] = NEWLINE;
  made[0x0d] = NEWLINE;
  return (table = made);
}

/** The code point at `i`; text is well-formed, so a high surrogate has its other half, unless `end` cuts it off. */
export function pointAt(units: Uint16Array, i: number, end: number): number {
  const unit = units[i]!;
  if (unit < 0xd800 || unit > 0xdbff || i + 1 >= end) return unit;
  return ((unit - 0xd800) << 10) + units[i + 1]! - 0xdc00 + 0x10000;
}
