import { NOT_NORMALIZED, tablePattern } from './unicode-tables';

/** Built on first use: most text has none of these characters. */
let newer: RegExp | undefined;

/**
 * NFC as the Rust library does it, whose tables are those of Unicode 9: a combining mark that came later is an
 * ordinary character to it, past which nothing is reordered or composed.
 */
export function nfc(text: string): string {
  const usual = text.normalize('NFC');
  if (usual === text) return usual;
  newer ??= tablePattern(NOT_NORMALIZED);
  let out = '';
  let at = 0;
  for (const { index, 0: char } of text.matchAll(newer)) {
    out += text.slice(at, index).normalize('NFC') + char;
    at = index + char.length;
  }
  return at === 0 ? usual : out + text.slice(at).normalize('NFC');
}
