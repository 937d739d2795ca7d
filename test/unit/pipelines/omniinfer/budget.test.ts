import { expect, test } from 'vitest';
import { compile } from '../../../../src/adapters/tokenizer/compile';
import { Encoder } from '../../../../src/adapters/tokenizer/encoder';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import type { HostTools } from '../../../../src/domain/workbench';
import { budget } from '../../../../src/pipelines/omniinfer/budget';
import { qwenFile } from '../../../golden/tokenizer/qwen';
import { NO_TOOLS } from '../../../fakes/host-tools';
import { installed, jobOf, prepared, setupOf } from '../../../fakes/step-job';

const compiled = compile(qwenFile('qwen2_5'));
if (!compiled.ok) throw new Error(compiled.failure.detail);
const qwen = new Encoder(compiled.value);
/** Qwen2.5's own tokenizer. */
const tools: HostTools = {
  ...NO_TOOLS,
  encode: async (texts) => ok(texts.map((text) => qwen.encode(text))),
};
const never = new AbortController().signal;
const runner = installed('runner', { runner: 'qnn_llama_runner' });
const facts = { input: { family: 'qwen-png', params: {} }, context: 2048, prompts: [] };
const model = installed('model', { decoder: 'hybrid_llama_qnn.pte' }, { model: facts });

function job(prompt: string, size: readonly [number, number] = [308, 224], of = model): Job {
  const png = { dtype: 'png', shape: [size[1], size[0], 3] } as const;
  return jobOf(setupOf(runner, of), prepared('qwen-png', size, png), prompt);
}
const count = (of: Job) => budget(of, tools, never);

test('as measured on the real program: 88 rows of picture, 25 of text', async () => {
  // Golden case a1-ok: 300 x 200, prepared to 308 x 224, with this question.
  expect(await count(job('Describe this image.'))).toEqual(
    ok({
      ...{ imageTokens: 88, promptTokens: 113, promptLimit: 1920, answerTokens: 2048 - 113 },
      exact: true,
    }),
  );
});

test('the frame costs 14 tokens before the question, 5 after it, 2 around the picture', async () => {
  const words = qwen.encode('Only text').length;
  const counted = await count(job('Only text'));
  expect(counted).toMatchObject({ value: { promptTokens: 88 + 14 + words + 2 + 5 } });
});

test('the picture before the question costs the same frame', async () => {
  const first = { ...job('Describe this image.'), options: { 'image-first': 1 } };
  expect(await count(first)).toMatchObject({ value: { promptTokens: 113 } });
});

test('1920 tokens go, 1921 do not', async () => {
  // 1008 x 1008 is 1296 tokens; "a" and 16 other tokens of frame and words make the rest.
  const text = (tokens: number) => ' a'.repeat(tokens - 21).slice(1);
  expect(await count(job(text(1920 - 1296), [1008, 1008]))).toMatchObject({
    value: { promptTokens: 1920, answerTokens: 128 },
  });
  expect(await count(job(text(1921 - 1296), [1008, 1008]))).toMatchObject({
    ok: false,
    failure: {
      code: 'context-too-small',
      detail: '1296 tokens of the picture and 625 of text; the decoder takes at most 1920',
    },
  });
});

test('a decoder compiled shorter, or a limit that the packer read, is kept to', async () => {
  const short = installed(
    'model',
    {},
    { files: model.manifest.files, model: { ...facts, context: 240 } },
  );
  expect(await count(job('Describe this image.', [308, 224], short))).toMatchObject({
    failure: { code: 'context-too-small' }, // 113 > 240 - 128
  });
  const told = installed(
    'model',
    {},
    { files: model.manifest.files, model: facts, facts: { promptLimit: 112 } },
  );
  expect(await count(job('Describe this image.', [308, 224], told))).toMatchObject({
    failure: { code: 'context-too-small' },
  });
});

test.each([
  [[300, 200], 'not a multiple of 28'],
  [[1036, 28], 'longer than 1024'],
] as const)('a picture of %j would be resized on the phone: %s', async (size, _why) => {
  expect(await count(job('x', size))).toMatchObject({ failure: { code: 'image-shape' } });
});

test.each([
  ['   ', 'prompt-empty'],
  ['What is <__media__> here?', 'prompt-marker'],
  ['a\0b', 'prompt-marker'],
])('%j is refused', async (prompt, code) => {
  expect(await count(job(prompt))).toMatchObject({ ok: false, failure: { code } });
});

test.each([
  [{ title: 'Qwen3-VL 4B' }],
  [{ id: 'qwen3-vl-2b' }],
  [{ facts: { architecture: 'qwen3vl' } }],
])('Qwen3-VL is refused in words: %j', async (more) => {
  const qwen3 = installed('model', {}, { files: model.manifest.files, model: facts, ...more });
  const refused = await count(job('x', [308, 224], qwen3));
  expect(refused).toMatchObject({ ok: false, failure: { code: 'model-unsupported' } });
  expect(!refused.ok && refused.failure.detail).toContain('not supported by the public runner');
});
