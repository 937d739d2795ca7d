import { hideNewer } from './newer';
import type { Scanner } from './scanners';
import type { Behavior } from './spec';
import type { Sink } from './stages';
import type { Text } from './text';

/**
 * The `Split` pre-tokenizer: what becomes of the matches and of what lies between.
 * Source: tokenizers, tokenizer/normalizer.rs, `NormalizedString::split`.
 */
export function cut(find: Matcher, behavior: Behavior, invert: boolean, next: Sink): Sink {
  const arrange = ARRANGE[behavior];
  return (text, start, end) => {
    const parts = find(text, start, end);
    if (invert) for (const part of parts) part.match = !part.match;
    for (const { from, to } of arrange(parts)) if (to > from) next(text, from, to);
  };
}

/** Matches and gaps in order; they cover the piece `[start..end)` of a text. */
export type Matcher = (text: Text, start: number, end: number) => Part[];

export interface Part {
  from: number;
  to: number;
  match: boolean;
}

/** Finds with a RegExp that has the flags g and u. */
export function byPattern(pattern: RegExp): Matcher {
  return ({ string }, start, end) => {
    const parts: Part[] = [];
    let at = start;
    let last = -1;
    for (const found of hideNewer(string.slice(start, end)).matchAll(pattern)) {
      const from = start + found.index;
      const to = from + found[0].length;
      if (from === to && from === last) continue; // nothing, where the last match ended, is no match to Rust
      if (from > at) parts.push({ from: at, to: from, match: false });
      parts.push({ from, to, match: true });
      at = last = to;
    }
    if (at < end) parts.push({ from: at, to: end, match: false });
    return parts;
  };
}

/** Finds with a scanner, to which everything is a match. */
export function byScanner(scanner: Scanner): Matcher {
  return ({ units }, start, end) => {
    const parts: Part[] = [];
    for (let from = start, to; from < end; from = to) {
      to = scanner(units, from, end);
      parts.push({ from, to, match: true });
    }
    return parts;
  };
}

const ARRANGE: Record<Behavior, (parts: Part[]) => Part[]> = {
  Isolated: (parts) => parts,
  Removed: (parts) => parts.filter(({ match }) => !match),
  Contiguous: (parts) =>
    joined(parts, (before, part, held) => (before?.match === part.match ? held : undefined)),
  MergedWithPrevious: (parts) =>
    joined(parts, (before, part, held) => (part.match && !before?.match ? held : undefined)),
  MergedWithNext: (parts) => {
    const reversed = joined([...parts].reverse(), (before, part, held) =>
      part.match && !before?.match ? held : undefined,
    );
    return reversed.reverse();
  },
};

/** Joins each part with the one held before it, where `choose` says so. */
function joined(
  parts: readonly Part[],
  choose: (before: Part | undefined, part: Part, held: Part | undefined) => Part | undefined,
): Part[] {
  const out: Part[] = [];
  let before: Part | undefined;
  for (const part of parts) {
    const into = choose(before, part, out.at(-1));
    if (into) {
      into.from = Math.min(into.from, part.from);
      into.to = Math.max(into.to, part.to);
    } else out.push({ ...part });
    before = part;
  }
  return out;
}
