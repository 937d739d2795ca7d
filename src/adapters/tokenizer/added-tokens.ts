import type { Added } from './compiled';
import { hideNewer } from './newer';

/** \w of Rust's regex crate. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const isSpace = (unit: number) =>
  (unit >= 9 && unit <= 13) ||
  unit === 0x20 ||
  (unit > 0x7f &&
    /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(String.fromCharCode(unit)));

/** Receives a piece of text, or the id of a token found in it. */
export interface Found {
  text(text: string): void;
  token(id: number): void;
}

/**
 * Finds added tokens: leftmost, the longest there, then as their flags say.
 * Source: tokenizers, tokenizer/added_vocabulary.rs, `find_matches`.
 */
export class AddedTokens {
  private readonly pattern: RegExp | undefined;
  private readonly tokens = new Map<string, Added>();

  constructor(tokens: readonly Added[]) {
    // Where two have the same content, the first in the list counts.
    for (const token of tokens)
      if (!this.tokens.has(token.content)) this.tokens.set(token.content, token);
    const longestFirst = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    // Without the u flag: code units. The text is well-formed, so no match begins inside a character.
    if (longestFirst.length > 0)
      this.pattern = new RegExp(longestFirst.map(escapeRegex).join('|'), 'g');
  }

  /** Cuts a text up; pieces without tokens are never empty. */
  split(text: string, found: Found): void {
    if (!this.pattern) {
      if (text !== '') found.text(text);
      return;
    }
    let at = 0;
    let spaceEnd = 0;
    for (const match of text.matchAll(this.pattern)) {
      const token = this.tokens.get(match[0])!;
      const matchEnd = match.index + match[0].length;
      if (token.singleWord && !standsAlone(text, match.index, matchEnd)) continue;
      let start = match.index;
      let end = matchEnd;
      if (token.lstrip) {
        while (start > at && isSpace(text.charCodeAt(start - 1))) start--;
        start = Math.max(start, at); // the last token's own blanks may reach past this one's start
      }
      if (token.rstrip) {
        end = Math.max(end, spaceEnd); // a run that was walked before is not walked again
        while (end < text.length && isSpace(text.charCodeAt(end))) end++;
        spaceEnd = end;
      }
      if (start > at) found.text(text.slice(at, start));
      found.token(token.id);
      at = end;
    }
    if (at < text.length) found.text(text.slice(at));
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '';
  return !isWord(before) && !isWord(String.fromCodePoint(text.codePointAt(end) ?? 0));
}

const isWord = (char: string) => WORD.test(hideNewer(char));

const escapeRegex = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
