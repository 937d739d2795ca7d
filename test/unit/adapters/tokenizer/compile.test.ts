import { describe, expect, test } from 'vitest';
import { compile } from '../../../../src/adapters/tokenizer/compile';
import { Encoder } from '../../../../src/adapters/tokenizer/encoder';
import { BYTE_CHARS } from '../../../../src/adapters/tokenizer/alphabet';

const bytes = (text: string) => new TextEncoder().encode(text);
const letters = Object.fromEntries(BYTE_CHARS.map((char, i) => [char, i]));
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };

interface Parts {
  readonly model?: object;
  readonly rest?: object;
}
const file = ({ model = {}, rest = {} }: Parts = {}) => ({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: byteLevel,
  ...rest,
  // The order in which the library writes them.
  model: {
    type: 'BPE',
    continuing_subword_prefix: null,
    vocab: { ...letters, ab: 256 },
    merges: ['a b'],
    ...model,
  },
});
const outcome = (text: string) => {
  const result = compile(bytes(text));
  return result.ok ? 'ok' : `${result.failure.code}: ${result.failure.detail}`;
};
const made = (parts: Parts) => outcome(JSON.stringify(file(parts)));

describe('what is not a tokenizer.json', () => {
  test.each([
    ['nothing', '', /invalid/],
    ['a list', '[]', /invalid/],
    ['cut off', '{"model": {"vocab": {"a": 1', /invalid/],
    ['something after it', '{"model": {}} x', /invalid: something follows/],
    ['nested without end', `{"a": ${'['.repeat(1 << 20)}`, /invalid: nested too deeply/],
    ['ten million values', `{"a": [${'0,'.repeat(10_000_000)}0]}`, /invalid: too many values/],
    ['two vocabularies', '{"model": {"vocab": {}, "vocab": {}}}', /invalid: .*twice/],
    ['not UTF-8 outside', '{"x": "\ud800", "model": {}}', /unsupported|invalid/],
  ])('%s', (_, text, wanted) => expect(outcome(text)).toMatch(wanted));

  test.each<[string, Parts, RegExp]>([
    ['another version', { rest: { version: '2.0' } }, /invalid: version/],
    ['an added token without flags', { rest: { added_tokens: [{ content: 'x' }] } }, /invalid/],
    ['an id that is none', { model: { vocab: { a: -1 } } }, /invalid: expected an id/],
    ['an id with a fraction', { model: { vocab: { a: 1.5 } } }, /invalid/],
    ['an id beyond 31 bits', { model: { vocab: { a: 2 ** 31 } } }, /invalid: expected an id/],
    ['a merge of one', { model: { merges: ['ab'] } }, /invalid: merge 0 is not of two/],
    ['a merge of three', { model: { merges: ['a b c'] } }, /invalid: merge 0 is of more/],
    ['a pair of three', { model: { merges: [['a', 'b', 'c']] } }, /invalid: a merge is of more/],
    ['a merge of strangers', { model: { merges: ['a xy'] } }, /invalid: merge 0 is of tokens/],
  ])('%s', (_, parts, wanted) => expect(made(parts)).toMatch(wanted));
});

describe('what is another kind of tokenizer', () => {
  test.each<[string, Parts, RegExp]>([
    ['WordPiece', { model: { type: 'WordPiece' } }, /model.type/],
    ['no merges', { model: { merges: undefined } }, /no vocab and merges/],
    ['a list as vocabulary', { model: { vocab: [['a', 0]] } }, /no vocab and merges/],
    ['dropout', { model: { dropout: 0.1 } }, /model.dropout/],
    [
      'a prefix',
      {
        model: {
          continuing_subword_prefix: '##',
          vocab: { a: 0, '##b': 1, ab: 2 },
          merges: ['a ##b'],
        },
      },
      /model.continuing_subword_prefix/,
    ],
    ['a suffix', { model: { end_of_word_suffix: '</w>' } }, /model.end_of_word_suffix/],
    ['another normaliser', { rest: { normalizer: { type: 'Lowercase' } } }, /normalizer/],
    ['not byte level', { rest: { pre_tokenizer: { type: 'Metaspace' } } }, /pre_tokenizer/],
    ['none', { rest: { pre_tokenizer: null } }, /pre_tokenizer/],
    [
      'byte level before the end',
      {
        rest: { pre_tokenizer: { type: 'Sequence', pretokenizers: [byteLevel, byteLevel] } },
      },
      /pre_tokenizer/,
    ],
    [
      'a pattern that JavaScript reads differently',
      {
        rest: {
          pre_tokenizer: {
            type: 'Sequence',
            pretokenizers: [
              { type: 'Split', pattern: { Regex: 'a++' }, behavior: 'Isolated', invert: false },
              byteLevel,
            ],
          },
        },
      },
      /a pattern that we read differently/,
    ],
    [
      'bytes that fall back to something else',
      { model: { vocab: { a: 0, b: 1, ab: 2 }, byte_fallback: true } },
      /byte_fallback/,
    ],
  ])('%s', (_, parts, wanted) => {
    expect(made(parts)).toMatch(/^tokenizer-unsupported: /);
    expect(made(parts)).toMatch(wanted);
  });
});

describe('the same tokenizer written otherwise', () => {
  const encode = (text: string, json: object) => {
    const result = compile(bytes(JSON.stringify(json)));
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    return [...new Encoder(result.value).encode(text)];
  };

  test.each<[string, object]>([
    ['merges as pairs', file({ model: { merges: [['a', 'b']] } })],
    ['with the head line of merges.txt', file({ model: { merges: ['#version: 0.2', 'a b'] } })],
    ['without a type', file({ model: { type: undefined } })],
    ['a merge that comes twice', file({ model: { merges: ['a b', 'a b'] } })],
    [
      'merges before the vocabulary',
      { ...file(), model: { type: 'BPE', merges: ['a b'], vocab: { ...letters, ab: 256 } } },
    ],
    ['keys escaped', JSON.parse(JSON.stringify(file())) as object],
  ])('%s', (_, json) => {
    expect(encode('ab"\\a', json)).toEqual([256, 0x22, 0x5c, 0x61]);
  });

  test('keys written with escapes', () => {
    const text = JSON.stringify(file())
      .replace('"ab":256', '"\\u0061b":256')
      .replace('"a b"', '"\\u0061 \\u0062"');
    const result = compile(bytes(text));
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    expect([...new Encoder(result.value).encode('ab')]).toEqual([256]);
  });
});
