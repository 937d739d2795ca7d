import { LETTER, NEWLINE, NUMBER, OTHER, NEW_NUMBER, SPACE, classes, pointAt } from './classes';
import { GPT2 } from './spec';

/** The end of the piece that begins at `from`; pieces cover everything. */
export type Scanner = (units: Uint16Array, from: number, end: number) => number;

/**
 * The pre-tokenizer patterns in wide use, by hand: many times faster than a RegExp and independent of the browser's
 * Unicode version. A property test compares each with the RegExp of its own source.
 */
export const SCANNERS: ReadonlyMap<string, Scanner> = new Map([
  [GPT2, gpt2],
  [modern('\\p{N}'), (units, from, end) => word(units, from, end, 1)],
  [modern('\\p{N}{1,3}'), (units, from, end) => word(units, from, end, 3)],
]);

/** The pattern of cl100k, with one digit at a time (Qwen) or three (Llama 3, SmolLM3). */
function modern(digits: string): string {
  return `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
}

const APOSTROPHE = 0x27;
const BLANK = 0x20;
/** ſ folds to s, so (?i:'s) takes it. */
const LONG_S = 0x17f;

function word(units: Uint16Array, from: number, end: number, maxDigits: number): number {
  const table = classes();
  const point = pointAt(units, from, end);
  const kind = table[point];
  if (kind === LETTER) return runOf(units, from, end, LETTER);
  if (kind === NUMBER) return digits(units, from, end, maxDigits);
  if (point === APOSTROPHE) {
    const length = contraction(units, from, end, true);
    if (length > 0) return from + length;
  }
  const next = from + (point > 0xffff ? 2 : 1);
  // [^\r\n\p{L}\p{N}]?\p{L}+
  if (kind !== NEWLINE) {
    const letters = runOf(units, next, end, LETTER);
    if (letters > next) return letters;
  }
  //  ?[^\s\p{L}\p{N}]+[\r\n]*
  const marks = point === BLANK ? next : from;
  const marksEnd = runOf(units, marks, end, OTHER);
  if (marksEnd > marks) return runOf(units, marksEnd, end, NEWLINE);
  return spaces(units, from, end, true);
}

function gpt2(units: Uint16Array, from: number, end: number): number {
  if (units[from] === APOSTROPHE) {
    const length = contraction(units, from, end, false);
    if (length > 0) return from + length;
  }
  const start = units[from] === BLANK ? from + 1 : from;
  if (start < end) {
    const kind = classes()[pointAt(units, start, end)]!;
    if (kind !== SPACE && kind !== NEWLINE)
      return runOf(units, start, end, kind === NEW_NUMBER ? OTHER : kind);
  }
  return spaces(units, from, end, false);
}

/** The end of the run of this class. To the patterns a number too new for Oniguruma is like any other mark. */
function runOf(units: Uint16Array, from: number, end: number, kind: number): number {
  const table = classes();
  let i = from;
  while (i < end) {
    const point = pointAt(units, i, end);
    const found = table[point];
    if (found !== kind && !(kind === OTHER && found === NEW_NUMBER)) break;
    i += point > 0xffff ? 2 : 1;
  }
  return i;
}

function digits(units: Uint16Array, from: number, end: number, max: number): number {
  const table = classes();
  let i = from;
  for (let taken = 0; taken < max && i < end; taken++) {
    const point = pointAt(units, i, end);
    if (table[point] !== NUMBER) break;
    i += point > 0xffff ? 2 : 1;
  }
  return i;
}

/** Length of 's, 't, 're, 've, 'm, 'll or 'd at `from`, or 0. */
function contraction(units: Uint16Array, from: number, end: number, anyCase: boolean): number {
  const letter = (at: number) => {
    const unit = at < end ? units[at]! : 0;
    if (!anyCase) return unit;
    if (unit === LONG_S) return 0x73;
    return unit > 0x40 && unit < 0x5b ? unit + 0x20 : unit;
  };
  const first = letter(from + 1);
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return 2; // s t m d
  const second = letter(from + 2);
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3; // re ve
  return first === 0x6c && second === 0x6c ? 3 : 0; // ll
}

/**
 * `\s*[\r\n]+|\s+(?!\S)|\s+` (or without its first part): up to the last line break of the run; without one, all but
 * the blank that belongs to the next word; a single one as it is.
 */
function spaces(units: Uint16Array, from: number, end: number, lines: boolean): number {
  const table = classes();
  let i = from;
  let lastLine = -1;
  for (; i < end; i++) {
    const kind = table[units[i]!]; // all white space is below U+10000
    if (kind === NEWLINE) lastLine = i;
    else if (kind !== SPACE) break;
  }
  if (lines && lastLine >= 0) return lastLine + 1;
  return i < end && i - from > 1 ? i - 1 : i;
}
