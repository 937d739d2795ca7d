import { NEWER, tablePattern } from './unicode-tables';

let pattern: RegExp | undefined;

/**
 * Puts a character that never will be assigned, as long in UTF-16, for every one that is newer than the library's
 * Unicode, so that a RegExp of this browser sees what Oniguruma sees.
 */
export function hideNewer(text: string): string {
  pattern ??= tablePattern(NEWER);
  return text.replace(pattern, (char) => (char.length === 1 ? '\uffff' : '\u{10ffff}'));
}
