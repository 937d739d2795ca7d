import type { Behavior } from './spec';
import type { Sink } from './stages';

/**
 * The `Split` pre-tokenizer with a RegExp: what becomes of the matches and of what lies between.
 * Source: tokenizers, tokenizer/normalizer.rs, `NormalizedString::split`.
 */
export function cut(pattern: RegExp, behavior: Behavior, invert: boolean, next: Sink): Sink {
  const arrange = ARRANGE[behavior];
  return (text, start, end) => {
    const parts = matches(pattern, text.string.slice(start, end));
    if (invert) for (const part of parts) part.match = !part.match;
    for (const { from, to } of arrange(parts)) if (to > from) next(text, start + from, start + to);
  };
}

interface Part {
  from: number;
  to: number;
  match: boolean;
}

/** Matches and gaps in order; they cover the text. */
function matches(pattern: RegExp, text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let last = -1;
  for (const found of text.matchAll(pattern)) {
    const from = found.index;
    const to = from + found[0].length;
    if (from === to && from === last) continue; // nothing, where the last match ended, is no match to Rust
    if (from > at) parts.push({ from: at, to: from, match: false });
    parts.push({ from, to, match: true });
    at = last = to;
  }
  if (at < text.length) parts.push({ from: at, to: text.length, match: false });
  return parts;
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
