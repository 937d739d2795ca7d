import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGguf, type Gguf } from '../../../src/domain/gguf';
import { checkPair } from '../../../src/domain/model-check';
import {
  boolKey,
  ggufFile,
  pairKeys,
  pairTensors,
  stringKey,
  tensorInfo,
  u32Key,
} from '../../fakes/gguf';

const NAMES = { language: 'lm.gguf', vision: 'mm.gguf' };
const parse = (file: Uint8Array): Gguf => {
  const read = readGguf(file, file.byteLength);
  if (!read.ok) throw new Error(read.failure.detail);
  return read.value;
};
const language = (keys = pairKeys.language, tensors = pairTensors.language) =>
  parse(ggufFile(keys, tensors, 32 * 1024));
const vision = (keys = pairKeys.vision, tensors = pairTensors.vision) =>
  parse(ggufFile(keys, tensors, 32 * 1024));
const check = (lm: Gguf, mm: Gguf) => {
  const result = checkPair(lm, mm, NAMES);
  return result.ok ? result.value : result.failure;
};
const real = (name: string) =>
  parse(readFileSync(join(import.meta.dirname, '../../../device-payload/tiny-vlm', name)));

test('the tiny model’s pair: what it is, and what it needs', () => {
  const facts = check(real('language.gguf'), real('vision.gguf'));
  expect(facts).toMatchObject({
    ...{ architecture: 'llama', projector: 'janus_pro', parameters: 1_707_776 },
    ...{ quantisation: 'Q8_0', trainedContext: 512, context: 512, template: true, imageSize: 128 },
  });
});

test('a small pair, by hand', () => {
  expect(check(language(), vision())).toEqual({
    ...{ name: 'Small one', architecture: 'llama', projector: 'idefics3' },
    ...{ parameters: 192 + 2048, quantisation: 'Q8_0', visionQuantisation: 'F16' },
    ...{ trainedContext: 8192, context: 4096, template: true, imageSize: 512 },
    licence: 'apache-2.0',
    memory: {
      weightsBytes: 204 + 4096,
      cacheBytes: 4096 * 2 * 2 * (16 + 16) * 2,
      computeBytes: Math.max(512 * (3 + 4 * 64 + 2 * 128) * 4, 32 * 32 * (6 * 32 + 2 * 64) * 4),
      marginBytes: expect.any(Number) as number,
      totalBytes: expect.any(Number) as number,
    },
  });
});

test('layers without a cache, and heads of their own size, are counted so', () => {
  const keys = [
    ...pairKeys.language.slice(0, 4),
    u32Key('llama.attention.key_length', 100),
    u32Key('llama.attention.value_length', 20),
    ...pairKeys.language.slice(4),
  ];
  const facts = check(language(keys), vision());
  expect(facts).toMatchObject({ memory: { cacheBytes: 4096 * 2 * 2 * 120 * 2 } });
});

const without = (keys: readonly Uint8Array[], index: number, instead: Uint8Array) =>
  keys.map((key, i) => (i === index ? instead : key));
const architecture = stringKey('general.architecture', 'tomorrow');
const projector = stringKey('clip.projector_type', 'tomorrow');
const blind = boolKey('clip.has_vision_encoder', false);

test.each([
  ['an mmproj as the language model', vision(), vision(), 'model-swapped', 'lm.gguf is an mmproj'],
  ['both in each other’s place', vision(), language(), 'model-swapped', 'mm.gguf is none'],
  ['no mmproj at all', language(), language(), 'model-no-vision', 'mm.gguf (llama)'],
  [
    'ears, no eyes',
    language(),
    vision(without(pairKeys.vision, 1, blind)),
    'model-no-vision',
    'no vision encoder',
  ],
  [
    'an architecture of tomorrow',
    language(without(pairKeys.language, 0, architecture)),
    vision(),
    'model-unsupported',
    'architecture "tomorrow"',
  ],
  [
    'a projector of tomorrow',
    language(),
    vision(without(pairKeys.vision, 2, projector)),
    'model-unsupported',
    'projector "tomorrow"',
  ],
  [
    'another model’s mmproj',
    language(),
    vision(pairKeys.vision, [tensorInfo('mm.model.fc.weight', [32, 96], 1, 0)]),
    'model-mismatch',
    '64 wide, the mmproj gives 96',
  ],
  [
    'a file that is cut',
    parse(ggufFile(pairKeys.language, pairTensors.language, 3)),
    vision(),
    'model-truncated',
    'lm.gguf',
  ],
])('%s: refused, with the reason', (_, lm, mm, code, detail) => {
  const failure = check(lm, mm);
  expect(failure).toMatchObject({ code });
  expect(failure).toHaveProperty('detail', expect.stringContaining(detail));
});

test('names are shortened and hold nothing that plays tricks', () => {
  const keys = without(
    pairKeys.language,
    1,
    stringKey('general.name', `\u202e\u0007${'n'.repeat(300)}`),
  );
  expect(check(language(keys), vision())).toHaveProperty('name', 'n'.repeat(80));
});
