import { byteTokens, qwenMerges } from './qwen';

/** Small tokenizers, each with one thing that the big ones do not show. Vocabulary: 256 bytes and Qwen's first 3000 merges. */
const MERGES = 3000;

const split = (Regex: string, behavior = 'Isolated', invert = false) => ({
  type: 'Split',
  pattern: { Regex },
  behavior,
  invert,
});
const byteLevel = (prefix: boolean, regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: prefix,
  trim_offsets: true,
  use_regex: regex,
});
const sequence = (...pretokenizers: unknown[]) => ({ type: 'Sequence', pretokenizers });
const digits = (individual_digits: boolean) => ({ type: 'Digits', individual_digits });
const bare = byteLevel(false, false);

const modern = (digit: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digit}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const QWEN = modern('\\p{N}');
const LETTERS = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const SMALL = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
const O200K = `[^\\r\\n\\p{L}\\p{N}]?${LETTERS}*${SMALL}+${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?${LETTERS}+${SMALL}*${CONTRACTION}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const DEEPSEEK =
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+';

/** w: single word, l and r: strips, n: normalised. */
const token = (id: number, content: string, flags = '', special = false) => ({
  id,
  content,
  single_word: flags.includes('w'),
  lstrip: flags.includes('l'),
  rstrip: flags.includes('r'),
  normalized: flags.includes('n'),
  special,
});
const ADDED = [
  token(3256, '<|a|>', '', true),
  token(3257, '<img>', '', true),
  token(3258, '<b>', 'l'),
  token(3259, '<c>', 'r'),
  token(3260, 'word', 'w'),
  token(3261, 'é', 'n'),
  token(3262, 'e\u0301x', 'n'),
  token(3263, '<|a|><|a|>'),
  token(3264, ' q', 'lr'),
  token(3265, 'and', 'wlr'),
  token(9999, 'far'), // Rust gives it the next free id, whatever the file says
  token(5, 'the', 'n'),
  token(3267, '\n', 'r'),
  token(3268, '٣', 'w'),
  token(3269, '  '),
];

interface Options {
  readonly pre: unknown;
  readonly norm?: unknown;
  readonly added?: readonly unknown[];
  readonly model?: object;
}

const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
const splits = Object.fromEntries(
  BEHAVIORS.flatMap((behavior) =>
    [false, true].flatMap((invert) => {
      const name = `${behavior}${invert ? ' inverted' : ''}`;
      const cut = (regex: string) => ({ pre: sequence(split(regex, behavior, invert), bare) });
      return [
        [`white space ${name}`, cut('\\s')],
        [`look-ahead ${name}`, cut("(?=[a-e])|\\p{Lu}+|(?i:'s|k)")],
        [`qwen ${name}`, cut(QWEN)],
      ] as const;
    }),
  ),
);

const OPTIONS: Readonly<Record<string, Options>> = {
  gpt2: { pre: byteLevel(false, true) },
  'gpt2 with prefix': { pre: byteLevel(true, true) },
  'no regex': { pre: bare },
  'no regex, prefix': { pre: byteLevel(true, false) },
  smollm2: { pre: sequence(digits(true), byteLevel(false, true)), norm: null },
  'runs of digits': { pre: sequence(digits(false), byteLevel(true, true)) },
  qwen: { pre: sequence(split(QWEN), bare) },
  'qwen with prefix': { pre: sequence(split(QWEN), byteLevel(true, false)) },
  llama3: { pre: sequence(split(modern('\\p{N}{1,3}')), bare), model: { ignore_merges: true } },
  nested: {
    pre: sequence(sequence(split(QWEN)), sequence(digits(true), byteLevel(true, true))),
  },
  'string pattern': {
    pre: sequence(
      { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithNext', invert: false },
      bare,
    ),
  },
  o200k: { pre: sequence(split(O200K, 'Removed', true), bare) },
  deepseek: {
    pre: sequence(split('\\p{N}{1,3}'), split('[一-龥぀-ゟ゠-ヿ]+'), split(DEEPSEEK), bare),
  },
  'added tokens': { pre: sequence(split(QWEN), bare), added: ADDED },
  'added tokens, no normaliser': { pre: byteLevel(true, true), norm: null, added: ADDED },
  'unknown bytes': { pre: byteLevel(false, true), model: { ...lacking(), unk_token: '!' } },
  'unknown bytes fused': {
    pre: byteLevel(false, true),
    model: { ...lacking(), unk_token: '!', fuse_unk: true },
  },
  'unknown bytes dropped': { pre: byteLevel(false, true), model: lacking() },
  ...splits,
};

export const MADE_UP = Object.keys(OPTIONS);

/** Kinds that go through @huggingface/tokenizers: Llama's, with blanks as "▁" and bytes to fall back to. */
const OTHER_OPTIONS: Readonly<Record<string, object>> = {
  'llama, prepended': {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
  },
  'llama, metaspace': {
    normalizer: null,
    pre_tokenizer: {
      type: 'Metaspace',
      replacement: '▁',
      prepend_scheme: 'first',
      split: false,
    },
  },
};
export const OTHERS = Object.keys(OTHER_OPTIONS);

/** The Llama-like tokenizer.json of that name. */
export function other(name: string): string {
  const vocab: Record<string, number> = {};
  const add = (token: string) => (vocab[token] ??= Object.keys(vocab).length);
  ['<unk>', '<s>', '</s>'].forEach(add);
  for (let byte = 0; byte < 256; byte++)
    add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const merges = qwenMerges()
    .slice(0, 2500)
    .map((merge) => merge.replaceAll('Ġ', '▁'))
    .filter((merge) => /^[▁\w.,'!?<>|-]+ [▁\w.,'!?<>|-]+$/.test(merge));
  for (const char of new Set(merges.join('').replaceAll(' ', ''))) add(char);
  const kept = merges.filter((merge) => {
    const whole = merge.split(' ').every((part) => part in vocab);
    if (whole) add(merge.replace(' ', ''));
    return whole;
  });
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      token(0, '<unk>', '', true),
      token(1, '<s>', '', true),
      token(2, '</s>', '', true),
      token(Object.keys(vocab).length, '<image>', '', true),
    ],
    post_processor: null,
    decoder: null,
    ...OTHER_OPTIONS[name],
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: kept,
    },
  });
}

function tables() {
  const merges = qwenMerges().slice(0, MERGES);
  const tokens = [...byteTokens(), ...merges.map((merge) => merge.replace(' ', ''))];
  return { vocab: Object.fromEntries(tokens.map((name, id) => [name, id])), merges };
}

/** The tables without some bytes and without all that is made of them. */
function lacking() {
  const { vocab, merges } = tables();
  const gone = new Set(['q', 'Ã', 'ĵ', 'Z']);
  for (const merge of merges) {
    const [a = '', b = ''] = merge.split(' ');
    if (gone.has(a) || gone.has(b)) gone.add(a + b);
  }
  return {
    vocab: Object.fromEntries(Object.entries(vocab).filter(([name]) => !gone.has(name))),
    merges: merges.filter((merge) => !gone.has(merge.replace(' ', ''))),
  };
}

/** The tokenizer.json of that name. */
export function madeUp(name: string): string {
  const { pre, norm = { type: 'NFC' }, added = [], model = {} } = OPTIONS[name]!;
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: norm,
    pre_tokenizer: pre,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ...tables(),
      ...model,
    },
  });
}
