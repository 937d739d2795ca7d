import { NOT_NORMALIZED, eachRun } from './unicode-tables';

/** One character of the table. Built on first use: most text has none of them. */
let newer: RegExp | undefined;

function newerPattern(): RegExp {
  if (newer) return newer;
  let ranges = '';
  eachRun(NOT_NORMALIZED, (first, last) => {
    ranges += `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`;
  });
  return (newer = new RegExp(`[${ranges}]`, 'u'));
}

/**
 * NFC as the Rust library does it, whose tables are those of Unicode 9: a combining mark that came later is an
 * ordinary character to it, past which nothing is reordered or composed.
 */
export function nfc(text: string): string {
  const usual = text.normalize('NFC');
  if (usual === text || !newerPattern().test(text)) return usual;
  return text
    .split(new RegExp(`(${newerPattern().source})`, 'u'))
    .map((part, i) => (i % 2 === 1 ? part : part.normalize('NFC')))
    .join('');
}
