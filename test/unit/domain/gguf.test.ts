import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GGUF_HEAD_BYTES, readGguf, readGgufHeader } from '../../../src/domain/gguf';
import {
  arrayKey,
  boolKey,
  gguf,
  ggufFile,
  joined,
  pairKeys,
  pairTensors,
  str,
  stringKey,
  tensorInfo,
  u32,
  u32Key,
  u64,
} from '../../fakes/gguf';

const payload = join(import.meta.dirname, '../../../device-payload/tiny-vlm');
const real = (name: string) => {
  const file = readFileSync(join(payload, name));
  return { head: new Uint8Array(file.subarray(0, GGUF_HEAD_BYTES)), size: file.byteLength };
};
const read = (head: Uint8Array) => readGgufHeader(head, head.byteLength);
const detail = (head: Uint8Array) => {
  const result = read(head);
  if (result.ok) return 'ok';
  expect(result.failure.code).toBe('model-invalid');
  return result.failure.detail;
};
const LLAMA = stringKey('general.architecture', 'llama');

test('the tiny model’s files say what they are', () => {
  const language = real('language.gguf');
  const vision = real('vision.gguf');
  expect(readGgufHeader(language.head, language.size)).toMatchObject({
    ...{ ok: true, value: { version: 3, context: 512, vision: false } },
  });
  expect(readGgufHeader(vision.head, vision.size)).toMatchObject({
    ok: true,
    value: { architecture: 'clip', vision: true, imageSize: 128, context: undefined },
  });
});

test('a real file cut off anywhere in its first 4 KB never throws', () => {
  for (const name of ['language.gguf', 'vision.gguf']) {
    const { head, size } = real(name);
    for (let length = 0; length <= 4096; length++) {
      const result = readGgufHeader(head.slice(0, length), size);
      if (length < 24) expect(result.ok).toBe(false);
    }
  }
});

test('real files with changed bytes never throw and end in time', () => {
  const heads = ['language.gguf', 'vision.gguf'].map((name) => real(name).head.slice(0, 65_536));
  const change = fc.tuple(fc.nat(4095), fc.oneof(fc.nat(255), fc.constant(255)));
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.array(change, { maxLength: 30 }), (head, changes) => {
      const mutated = head.slice();
      for (const [at, byte] of changes) mutated[at] = byte;
      const result = read(mutated);
      if (!result.ok) return;
      const { context, imageSize, architecture } = result.value;
      for (const count of [context, imageSize])
        if (count !== undefined) expect(Number.isInteger(count) && count > 0).toBe(true);
      expect(architecture).toMatch(/^[a-z0-9._-]{1,60}$/i);
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
  );
});

test.each([
  ['nothing', new Uint8Array(), 'only 0 bytes'],
  ['a text', new TextEncoder().encode('This is a text, not a model.'), 'begins with "This"'],
  ['version 1', gguf([LLAMA], 1), 'GGUF version 1'],
  ['version 4', gguf([LLAMA], 4), 'GGUF version 4'],
  ['big-endian', gguf([LLAMA], 0x03000000), 'big-endian'],
  ['no tensors', gguf([LLAMA], 3, 0n), '0 tensors'],
  ['2^63 tensors', gguf([LLAMA], 3, 1n << 63n), 'tensors'],
  ['2^63 keys', gguf([LLAMA], 3, 1n, 1n << 63n), 'keys'],
  ['no architecture', gguf([u32Key('a', 1)]), 'general.architecture'],
  ['a number as architecture', gguf([u32Key('general.architecture', 1)]), 'general.architecture'],
  [
    'an essay as architecture',
    gguf([stringKey('general.architecture', 'x'.repeat(999))]),
    'general.architecture',
  ],
])('%s is refused with the reason', (_, head, expected) => {
  expect(detail(head)).toContain(expected);
});

test('more keys claimed than there are is a short header, not a fault', () => {
  expect(read(gguf([LLAMA, u32Key('llama.context_length', 64)], 2, 1n, 9000n))).toMatchObject({
    ok: true,
    value: { version: 2, architecture: 'llama', context: 64 },
  });
});

test('keys behind arrays are found', () => {
  const words = arrayKey('tokens', 8, 3n, joined(str('a'), str(''), str('ccc')));
  const numbers = arrayKey('scores', 6, 2n, new Uint8Array(8));
  const head = gguf([words, numbers, LLAMA, boolKey('clip.has_vision_encoder', true)]);
  expect(read(head)).toMatchObject({ ok: true, value: { architecture: 'llama', vision: true } });
});

test('arrays that claim 2^60 items end the reading at once', () => {
  const empty = new Uint8Array(GGUF_HEAD_BYTES);
  const started = performance.now();
  for (const type of [0, 4, 8, 9, 12, 99]) {
    const head = gguf([LLAMA, arrayKey('long', type, 1n << 60n, empty)]);
    expect(read(head)).toMatchObject({ ok: true, value: { architecture: 'llama' } });
  }
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a string that claims 2^63 bytes is not read', () => {
  const liar = joined(str('general.name'), u32(8), u64(1n << 63n), new Uint8Array(64));
  expect(read(gguf([LLAMA, liar]))).toMatchObject({ ok: true, value: { name: undefined } });
});

/** Reads a head that may be shorter than its file. */
const whole = (file: Uint8Array, fileBytes = file.byteLength) => {
  const result = readGguf(file, fileBytes);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
};

test('the tiny model’s tensors add up to its file', () => {
  for (const [name, parameters] of [
    ['language.gguf', 906_368],
    ['vision.gguf', 801_408],
  ] as const) {
    const { head, size } = real(name);
    const { tensors, trouble } = whole(head, size);
    expect(trouble).toBeUndefined();
    expect(tensors?.parameters).toBe(parameters);
    expect(tensors?.bytesByType).toHaveProperty('Q8_0');
    expect(tensors?.fileBytes).toBeLessThanOrEqual(size);
    expect(size - (tensors?.fileBytes ?? 0)).toBeLessThan(32);
  }
});

test('a file cut anywhere behind its header is told to be cut', () => {
  const { head, size } = real('language.gguf');
  for (const length of [size - 32, size >> 1, 200_000, 50_000, 100]) {
    const { trouble } = whole(head.slice(0, length), length);
    expect(trouble?.code).toBe('model-truncated');
  }
  expect(whole(head.slice(0, 5000), size)).toMatchObject({
    ...{ tensors: undefined, trouble: undefined, architecture: 'llama' },
  });
});

test('a whole file, and one byte less', () => {
  const file = ggufFile(pairKeys.language, pairTensors.language, 6 * 34);
  expect(whole(file)).toMatchObject({
    trouble: undefined,
    tensors: { parameters: 192, bytes: 204, bytesByType: { Q8_0: 204 }, fileBytes: file.length },
  });
  expect(whole(file.slice(0, -1)).trouble).toMatchObject({
    code: 'model-truncated',
    detail: `${file.length - 1} bytes, but its header describes ${file.length}`,
  });
});

test.each([
  ['a type of tomorrow', tensorInfo('x', [32], 99, 0), 'model-unsupported', 'type 99'],
  ['a type of the past', tensorInfo('x', [32], 31, 0), 'model-unsupported', 'type 31'],
  ['five dimensions', tensorInfo('x', [1, 1, 1, 1, 1], 0, 0), 'model-invalid', '5 dimensions'],
  ['half a block', tensorInfo('x', [33], 8, 0), 'model-invalid', 'shape 33'],
  ['too many weights', tensorInfo('x', [2 ** 40, 2 ** 40], 0, 0), 'model-invalid', 'shape'],
  ['a name like a novel', tensorInfo('x'.repeat(65), [1], 0, 0), 'model-invalid', 'name'],
  [
    'an offset beyond counting',
    joined(str('x'), u32(0), u32(0), u64(1n << 62n)),
    'model-invalid',
    'count',
  ],
])('a tensor with %s is refused', (_, info, code, detail) => {
  const { trouble, tensors } = whole(ggufFile([LLAMA], [info], 512));
  expect(tensors).toBeUndefined();
  expect(trouble?.code).toBe(code);
  expect(trouble?.detail).toContain(detail);
});

test('an alignment that is no power of 2 is refused', () => {
  const file = ggufFile([LLAMA, u32Key('general.alignment', 24)], pairTensors.language, 512);
  expect(whole(file).trouble?.detail).toContain('alignment');
});

test('of a long tokenizer only the length is kept', () => {
  const words = arrayKey('tokenizer.ggml.tokens', 8, 3n, joined(str('a'), str(''), str('ccc')));
  const merges = arrayKey('tokenizer.ggml.merges', 8, 1n, str('a b'));
  const template = stringKey('tokenizer.chat_template', 'x'.repeat(5000));
  const { keys } = whole(gguf([LLAMA, words, merges, template]));
  expect(keys.get('tokenizer.ggml.tokens')).toEqual({ length: 3 });
  expect(keys.get('tokenizer.chat_template')).toEqual({ length: 5000 });
  expect([...keys.keys()]).not.toContain('tokenizer.ggml.merges');
});
