import { describe, expect, test } from 'vitest';
import type { CompiledCache } from '../../../../src/adapters/tokenizer/cache';
import { fromBytes, toBytes } from '../../../../src/adapters/tokenizer/compiled';
import { TokenizerJobs } from '../../../../src/adapters/tokenizer/job';
import { MAX_TEXT_CHARS } from '../../../../src/domain/tokenizer';
import { madeUp } from '../../../golden/tokenizer/made-up';

/** A cache that keeps bytes, as the real one does. */
function memoryCache() {
  const files = new Map<string, ArrayBuffer>();
  const cache: CompiledCache = {
    get: async (sha256) => {
      const file = files.get(sha256);
      return file && fromBytes(file);
    },
    put: async (sha256, compiled) => void files.set(sha256, toBytes(compiled).buffer),
  };
  return { cache, files };
}

/** A file that counts how often it is read. */
function counted(text: string) {
  const blob = new Blob([text]);
  const file = Object.assign(blob, { reads: 0 });
  const read = blob.arrayBuffer.bind(blob);
  file.arrayBuffer = () => (file.reads++, read());
  return file;
}

const WORDPIECE = JSON.stringify({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[UNK]': 0, image: 1, '##s': 2, the: 3 },
  },
});

describe('the tokenizer worker', () => {
  test('compiles once, then has it at hand; a new worker takes it from the cache', async () => {
    const { cache, files } = memoryCache();
    const file = counted(madeUp('llama3'));
    const jobs = new TokenizerJobs(cache);
    const first = await jobs.encode(file, ['the image', '']);
    if (!first.ok) throw new Error(first.failure.code);
    const { tokenizer, ids } = first.value;
    expect(ids.map((list) => [...list])).toEqual([[1782, 2168], []]);
    expect(tokenizer).toMatchObject({ engine: 'plugsight', vocabSize: 3256, from: 'file' });
    expect([...files.keys()]).toEqual([tokenizer.sha256]);

    const again = await jobs.encode(file, ['the image'], tokenizer.sha256);
    expect(again).toMatchObject({ ok: true, value: { tokenizer: { from: 'memory' } } });
    expect(file.reads).toBe(1);

    const anew = await new TokenizerJobs(cache).encode(file, ['the image']);
    expect(anew).toEqual({
      ok: true,
      value: { ids: [Int32Array.of(1782, 2168)], tokenizer: { ...tokenizer, from: 'cache' } },
    });
  });

  test('a cached file of another version, or cut off, is not used', async () => {
    const { cache, files } = memoryCache();
    const file = new Blob([madeUp('gpt2')]);
    await new TokenizerJobs(cache).encode(file, []);
    const [[sha256, bytes] = ['', new ArrayBuffer()]] = files;
    for (const spoilt of [bytes.slice(0, -8), new ArrayBuffer(8)]) {
      files.set(sha256, spoilt);
      expect(await new TokenizerJobs(cache).encode(file, ['a'])).toMatchObject({
        value: { tokenizer: { from: 'file' } },
      });
    }
    new Int32Array(bytes)[1]! += 1;
    expect(fromBytes(bytes)).toBeUndefined();
  });

  test('another kind goes through the package of Hugging Face, and is not cached', async () => {
    const { cache, files } = memoryCache();
    const result = await new TokenizerJobs(cache).encode(new Blob([WORDPIECE]), ['the images']);
    expect(result).toMatchObject({
      ok: true,
      value: { ids: [Int32Array.of(3, 1, 2)], tokenizer: { engine: '@huggingface/tokenizers' } },
    });
    expect(files.size).toBe(0);
  });

  test.each([
    ['not JSON', '{', 'tokenizer-invalid'],
    ['another JSON', '{"a": 1}', 'tokenizer-invalid'],
    ['no kind that anybody knows', '{"model": {"type": "Psychic"}}', 'tokenizer-unsupported'],
    ['nothing', '', 'tokenizer-invalid'],
  ])('%s is refused', async (_, text, code) => {
    const { cache } = memoryCache();
    expect(await new TokenizerJobs(cache).encode(new Blob([text]), ['a'])).toMatchObject({
      ok: false,
      failure: { code },
    });
  });

  test('a file larger than 64 MB is refused unread', async () => {
    const file = counted('');
    Object.defineProperty(file, 'size', { value: (64 << 20) + 1 });
    const result = await new TokenizerJobs(memoryCache().cache).encode(file, []);
    expect(result).toMatchObject({ failure: { code: 'tokenizer-invalid' } });
    expect(file.reads).toBe(0);
  });

  test('more text than anybody writes is refused', async () => {
    const text = 'a'.repeat(MAX_TEXT_CHARS);
    const result = await new TokenizerJobs(memoryCache().cache).encode(new Blob(), [text, 'a']);
    expect(result).toMatchObject({ failure: { code: 'prompt-too-long' } });
  });
});
