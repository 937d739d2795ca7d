/** What trips tokenizers up: blanks of all kinds, contractions, marks, scripts, special tokens and parts of them. */
const BITS = [
  ...[' ', '  ', '\n', '\r\n', '\t', '\u0085', '\u00a0', '\u3000', '\ufeff', '\0', '\u200d'],
  ...["'s", "'S", "'ſ", "'ll", "'RE", "'d", 'the', ' the', 'and', ' and ', 'word', 'words', 'far'],
  ...['é', 'e\u0301', 'e\u0301x', 'É', '\u0327', '\u0338', '\u08ca', '\u0315\u0897', '\u{2fa1d}'],
  ...['<|a|>', '<img>', '<b>', '<c>', '<|a|', ' q', 'q', 'Z', '<|im_start|>', '<|im_end|>'],
  ...['1', '23', '٣', '½', '²', 'Ⅷ', '\u{1d7d8}', '\u{11de0}', '.', ',', '!!', '--', '_', '"', '/'],
  ...['你好', 'は', '가', '\u1100\u1161', '🙂', '👩‍👩‍👧', '\u{10ffff}', '\u{88f}'],
  ...['K', 'ß', 'ﬁ', 'ab', 'Cd', 'xxxxx', 'describe', ' image'],
];

/** Texts of random pieces, the same for the same seed. */
export function* randomTexts(seed: number): Generator<string, never, void> {
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const anyChar = () => {
    const [from, count] = [
      [0, 0x300],
      [0x300, 0x500],
      [0x800, 0xd000],
      [0xe000, 0x2000],
      [0x10000, 0x20000],
    ][below(5)] as [number, number];
    return String.fromCodePoint(from + below(count));
  };
  for (;;) {
    let text = '';
    for (let pieces = below(14); pieces >= 0; pieces--)
      text += below(9) === 0 ? anyChar() : BITS[below(BITS.length)];
    yield text;
  }
}

/** Texts that are quadratic, or worse, for who is not careful. */
export const LONG: Readonly<Record<string, string>> = {
  'one letter': 'a'.repeat(1 << 20),
  blanks: ' '.repeat(1 << 20),
  'blanks and a letter': `${' '.repeat(1 << 20)}x`,
  'line breaks': ' \n'.repeat(1 << 19),
  'combining marks': `a${'\u0301'.repeat(1 << 19)}`,
  'almost special': '<|im_start|'.repeat(90_000),
  special: '<|im_start|>'.repeat(90_000),
  'one sign': '.'.repeat(1 << 20),
};
