import { NEW_NUMBER, NUMBER, classes, pointAt } from './classes';
import { toRegExp } from './onig';
import { SCANNERS, type Scanner } from './scanners';
import { byPattern, byScanner, cut, type Matcher } from './split';
import { toUnits, type Text } from './text';
import type { Stage } from './spec';

/** Receives one piece of a text, `units[start..end)`. */
export type Sink = (text: Text, start: number, end: number) => void;

/**
 * Chains the stages: text goes in, pieces that are words come out at `sink`.
 * Undefined when a stage has a pattern that we cannot read as Oniguruma does.
 */
export function chain(stages: readonly Stage[], sink: Sink): Sink | undefined {
  let next: Sink | undefined = sink;
  for (const stage of [...stages].reverse()) next = next && link(stage, next);
  return next;
}

/** True when `chain` would work. */
export const canChain = (stages: readonly Stage[]): boolean =>
  chain(stages, () => undefined) !== undefined;

function link(stage: Stage, next: Sink): Sink | undefined {
  switch (stage.kind) {
    case 'digits':
      return digits(stage.individual, next);
    case 'prefix-space':
      return prefixSpace(next);
    case 'split': {
      const scanner = SCANNERS.get(stage.regex);
      if (scanner && stage.behavior === 'Isolated') return scan(scanner, next);
      const find = scanner ? byScanner(scanner) : patternOf(stage.regex);
      return find && cut(find, stage.behavior, stage.invert, next);
    }
  }
}

function patternOf(regex: string): Matcher | undefined {
  const pattern = toRegExp(regex);
  return pattern && byPattern(pattern);
}

/** Every piece that a scanner finds is a match, so `invert` changes nothing. */
function scan(scanner: Scanner, next: Sink): Sink {
  return (text, start, end) => {
    const { units } = text;
    for (let from = start; from < end;) {
      const to = scanner(units, from, end);
      next(text, from, to);
      from = to;
    }
  };
}

/** Digits as Rust's char::is_numeric knows them. Source: tokenizers, pre_tokenizers/digits.rs. */
function digits(individual: boolean, next: Sink): Sink {
  return (text, start, end) => {
    const { units } = text;
    const table = classes();
    let from = start;
    let inDigits = false;
    for (let i = start; i < end;) {
      const point = pointAt(units, i, end);
      const kind = table[point];
      const digit = kind === NUMBER || kind === NEW_NUMBER;
      if (i > from && (digit !== inDigits || (digit && individual))) {
        next(text, from, i);
        from = i;
      }
      inDigits = digit;
      i += point > 0xffff ? 2 : 1;
    }
    if (end > from) next(text, from, end);
  };
}

function prefixSpace(next: Sink): Sink {
  return (text, start, end) => {
    if (start === end) return;
    if (text.units[start] === 0x20) return next(text, start, end);
    const prefixed = toUnits(` ${text.string.slice(start, end)}`);
    next(prefixed, 0, prefixed.string.length);
  };
}
