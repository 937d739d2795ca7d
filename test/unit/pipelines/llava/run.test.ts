import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import { llava } from '../../../../src/pipelines/llava';
import { readCases } from '../../../golden/replay';
import { askOnce } from '../../../fakes/ask';
import { FakeDevice } from '../../../fakes/device';
import { NO_TOOLS } from '../../../fakes/host-tools';
import type { FakeProcess } from '../../../fakes/process';
import { installed, jobOf, prepared, setupOf, wordTools } from '../../../fakes/step-job';

const golden = join(import.meta.dirname, '../../../golden/pipelines/llava/transcripts.txt');
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
const runner = installed('runner', { runner: 'llava_main' });
const LLAVA = {
  model: { input: { family: 'fit-png', params: {} }, context: 768, prompts: [] },
  requires: { memoryBytes: 1 },
};
const bin = installed('model', { language: 'llava.pte', tokenizer: 'tokenizer.bin' }, LLAVA);
const json = installed('model', { language: 'llava.pte', tokenizer: 'tokenizer.json' }, LLAVA);
const picture = prepared('fit-png', [336, 224], { dtype: 'png', shape: [224, 336, 3] });
const QUESTION = 'What is in this picture?';
const job = (more: Partial<Job> = {}, model = bin): Job => ({
  ...jobOf(setupOf(runner, model), picture, QUESTION),
  ...more,
});

let device: FakeDevice;
let main: (process: FakeProcess) => void;
beforeEach(() => {
  device = new FakeDevice();
  main = (process) => {
    say(process, 'd-ok');
    process.end(ok(0));
  };
  device.onSpawn = (process) => main(process);
});
afterEach(() => device[Symbol.asyncDispose]());
const say = (process: FakeProcess, id: string) => {
  for (const { from, text } of cases.get(id)?.output ?? []) process.print(text, from);
};
const ask = (of = job(), tools = NO_TOOLS, signal?: AbortSignal) =>
  askOnce(device, llava, of, tools, signal);

test('one program, its echo and figures cut away', async () => {
  const { state, commands } = await ask();
  expect(state).toMatchObject({
    ...{ is: 'done', text: 'The image captures a basketball game', finish: 'stop' },
    ...{ warnings: [] },
  });
  expect(state.stats).toMatchObject({ ttft_ms: { value: 18100 }, tokens: { value: 103 } });
  const bundles = '/data/local/tmp/plugsight/bundles';
  expect(commands).toEqual([
    {
      argv: [
        `${bundles}/a-runner@1/llava_main`,
        `--model_path=${bundles}/a-model@1/llava.pte`,
        `--tokenizer_path=${bundles}/a-model@1/tokenizer.bin`,
        `--image_path=/data/local/tmp/plugsight/runs/${'a'.repeat(64)}.png`,
        '--prompt=What is in this picture? ASSISTANT:',
        '--seq_len=768',
        '--temperature=0',
      ],
      cwd: `${bundles}/a-runner@1`,
      env: {},
    },
  ]);
});

test('words arrive as they are said', async () => {
  const { events } = await ask();
  const said = events.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
  expect(said).toEqual(['The', ' image', ' captures', ' a', ' basketball', ' game']);
});

test('the answer length is what the context is cut to', async () => {
  const { commands } = await ask(job({ options: { 'max-tokens': 20 } }, json), wordTools);
  // 576 for the picture; the preset has 30 words, marks and one begin token, the question 6 + ASSISTANT and its colon.
  const preset =
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions. USER: ";
  const words = preset.match(/\w+|[^\s\w]/g)?.length ?? 0;
  expect(commands[0]?.argv).toContain(`--seq_len=${576 + words + 1 + 8 + 20}`);
});

test('a tokenizer.json counts exactly, a tokenizer.bin bounds by bytes', async () => {
  const signal = new AbortController().signal;
  const exact = await llava.budget(job({}, json), wordTools, signal);
  const bound = await llava.budget(job(), NO_TOOLS, signal);
  expect(exact.ok && exact.value.exact).toBe(true);
  expect(bound.ok && bound.value).toMatchObject({ exact: false, imageTokens: 576 });
  const [few, many] = [exact, bound].map((one) => (one.ok ? one.value.promptTokens : 0));
  expect(many).toBeGreaterThan(few ?? 0);
  expect(bound.ok && bound.value.promptTokens + bound.value.answerTokens).toBe(768);
});

test.each([
  ['counted', json, 'word '.repeat(99), /101 tokens; at most 100/],
  ['bounded', bin, 'word '.repeat(60), /up to 312 tokens, counted by bytes; 152 fit/],
] as const)(
  'a long question, %s, is refused before anything is sent',
  async (_, model, prompt, why) => {
    const { state } = await ask(job({ prompt }, model), wordTools);
    expect(state.failure?.code).toBe('prompt-too-long');
    expect(state.failure?.detail).toMatch(why);
    expect(device.scripts).toEqual([]);
  },
);

test('a picture that is no file is refused: the runner decodes it itself', async () => {
  const input = prepared('llava-1.5-et', [336, 224], { dtype: 'uint8', shape: [3, 224, 336] });
  expect((await ask(job({ input }))).state.failure?.code).toBe('recipe-invalid');
});

const withMemory = (bytes: number) =>
  installed(
    'model',
    { language: 'llava.pte', tokenizer: 'tokenizer.bin' },
    {
      ...LLAVA,
      requires: { memoryBytes: bytes },
    },
  );

test('too little memory is refused, with the figures', async () => {
  const { state } = await ask(job({}, withMemory(2 ** 50)));
  expect(state.failure?.code).toBe('memory-low');
  expect(state.failure?.detail).toMatch(/GiB free of .* GiB; the model uses 1048576.0 GiB/);
  expect(device.processes).toEqual([]);
});

test.each([
  ['d-err-image', 1, 'image-undecodable'],
  ['d-err-tokenizer', 1, 'runner-tokenizer'],
  ['d-err-generate', 1, 'context-too-small'],
  ['d-oom', 137, 'runner-killed'],
] as const)('%s, exit code %d, is %s', async (id, exit, code) => {
  main = (process) => {
    say(process, id);
    process.end(ok(exit));
  };
  expect((await ask()).state.failure?.code).toBe(code);
});

test('an end without figures is no answer, whatever the exit code', async () => {
  main = (process) => {
    process.print(`${QUESTION} ASSISTANT: The`);
    process.end(ok(0));
  };
  expect((await ask()).state.failure?.code).toBe('answer-missing');
});

test('cancelling kills it', async () => {
  const stop = new AbortController();
  main = (process) => {
    process.print(`${QUESTION} ASSISTANT: The`);
    stop.abort();
  };
  const { state } = await ask(job(), NO_TOOLS, stop.signal);
  expect(state.failure?.code).toBe('cancelled');
  expect(device.processes[0]?.killed).toBe(true);
});
