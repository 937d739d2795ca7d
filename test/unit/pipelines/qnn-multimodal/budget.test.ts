import { expect, test } from 'vitest';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import type { HostTools } from '../../../../src/domain/workbench';
import { budget } from '../../../../src/pipelines/qnn-multimodal/budget';
import { installed, jobOf, prepared, setupOf, wordTools } from '../../../fakes/step-job';

const never = new AbortController().signal;
const FAMILIES = { 'smolvlm-512': [512, 64], 'internvl3-448': [448, 256] } as const;

function job(family: keyof typeof FAMILIES, prompt: string, generation?: 'B1' | 'B2'): Job {
  const [edge, tokens] = FAMILIES[family];
  const runner = installed(
    'runner',
    { runner: 'qnn_multimodal_runner' },
    generation ? { facts: { generation } } : {},
  );
  const model = installed(
    'model',
    { decoder: 'hybrid_llama_qnn.pte' },
    { model: { input: { family, params: {} }, context: 1024, prompts: [] } },
  );
  const tensor = { dtype: 'float32', shape: [1, 3, edge, edge] } as const;
  return jobOf(setupOf(runner, model), prepared(family, [edge, edge], tensor, tokens), prompt);
}
/** Tokens of `wordTools`: words, `<...>`, line ends and single marks. */
const tokens = async (of: Job) => {
  const counted = await budget(of, wordTools, never);
  return counted.ok ? counted.value.promptTokens : counted.failure.code;
};

test('text around the picture is counted piece by piece, as the runner does', async () => {
  const seen: (readonly string[])[] = [];
  const tools: HostTools = {
    ...wordTools,
    encode: (texts, signal) => {
      seen.push(texts);
      return wordTools.encode(texts, signal);
    },
  };
  expect(await budget(job('smolvlm-512', 'What is it?', 'B2'), tools, never)).toEqual(
    ok({
      // 5 + 64 + (1 + 4 words and marks + <end_of_utterance>, line end, "Assistant", ":"), one to spare
      ...{ imageTokens: 64, promptTokens: 5 + 64 + 9 + 1, promptLimit: 1023 },
      ...{ answerTokens: 1024 - 79, exact: false },
    }),
  );
  expect(seen).toEqual([
    [
      '<|im_start|>User:<fake_token_around_image><global-img>',
      '<fake_token_around_image>What is it?<end_of_utterance>\nAssistant:',
    ],
  ]);
});

test('a published run fits: the count is never below the device’s own', async () => {
  // InternVL3 on v1.2.0 told 272 for this question; its own tokenizer makes 15 ids of the text (docs/pipelines).
  const tools: HostTools = {
    ...wordTools,
    encode: async (texts) =>
      ok([
        Int32Array.from({ length: 4 }),
        Int32Array.from({ length: texts.length === 2 ? 11 : 0 }),
      ]),
  };
  const counted = await budget(
    job('internvl3-448', 'Can you describe this image?', 'B1'),
    tools,
    never,
  );
  expect(counted).toMatchObject({ value: { promptTokens: 272 } });
});

test('unknown generations count as the longer one: 1.2 has a line end more for InternVL3', async () => {
  const [b1, b2, either] = await Promise.all(
    (['B1', 'B2', undefined] as const).map((generation) =>
      tokens(job('internvl3-448', 'What?', generation)),
    ),
  );
  expect(Number(b1)).toBe(Number(b2) + 1);
  expect(either).toBe(b1);
});

test('turns add up: the picture comes again in each with 1.2, once with 1.3', async () => {
  const talk = (generation: 'B1' | 'B2') => ({
    ...job('smolvlm-512', 'Where?', generation),
    earlier: ['What?'],
  });
  const one = Number(await tokens(job('smolvlm-512', 'What?', 'B2')));
  // The second turn of 1.3: <|im_start|> User : Where ? <end_of_utterance> line end Assistant : and one to spare.
  expect(await tokens(talk('B2'))).toBe(one + 9 + 1);
  expect(await tokens(talk('B1'))).toBe(2 * one);
});

test('a question that leaves no room for an answer is refused', async () => {
  const fill = (words: number) => Array.from({ length: words }, () => 'a').join(' ');
  const frame = Number(await tokens(job('smolvlm-512', 'a', 'B2'))) - 1;
  expect(await tokens(job('smolvlm-512', fill(1023 - frame), 'B2'))).toBe(1023);
  expect(await tokens(job('smolvlm-512', fill(1024 - frame), 'B2'))).toBe('context-too-small');
});

test.each([
  ['', 'prompt-empty'],
  ['What is <image>?', 'prompt-marker'],
  ['What is <IMG_CONTEXT>?', 'prompt-marker'],
])('%j is refused', async (prompt, code) => {
  expect(await tokens(job('smolvlm-512', prompt))).toBe(code);
  expect(await tokens({ ...job('smolvlm-512', 'ok?'), earlier: [prompt] })).toBe(code);
});

test('a picture prepared for another model is refused', async () => {
  const other = prepared('fastvlm-u8', [1024, 1024], { dtype: 'uint8', shape: [1] }, 256);
  expect(await tokens({ ...job('smolvlm-512', 'x'), input: other })).toBe('model-unsupported');
});
