import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verdict } from '../../../../src/domain/accelerator';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import { qnnMultimodal } from '../../../../src/pipelines/qnn-multimodal';
import { readCases } from '../../../golden/replay';
import { askOnce } from '../../../fakes/ask';
import { FakeDevice } from '../../../fakes/device';
import type { FakeProcess } from '../../../fakes/process';
import { installed, jobOf, place, prepared, setupOf, wordTools } from '../../../fakes/step-job';

const golden = join(
  import.meta.dirname,
  '../../../golden/pipelines/qnn-multimodal/transcripts.txt',
);
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
const runner = installed('runner', { runner: 'qnn_multimodal_runner' });
const modelWith = (family: string, decoder = 'hybrid_llama_qnn.pte', more = {}) =>
  installed(
    'model',
    {
      ...{ encoder: 'vision_encoder_qnn.pte', embedding: 'tok_embedding_qnn.pte' },
      ...{ decoder, tokenizer: 'tokenizer.json' },
    },
    { model: { input: { family, params: {} }, context: 1024, prompts: [] }, ...more },
  );
const smol = prepared('smolvlm-512', [512, 512], { dtype: 'float32', shape: [1, 3, 512, 512] }, 64);
const intern = prepared(
  'internvl3-448',
  [448, 448],
  { dtype: 'float32', shape: [1, 3, 448, 448] },
  256,
);
const QUESTION = 'Can you describe this image?';
const job = (more: Partial<Job> = {}): Job => ({
  ...jobOf(setupOf(runner, modelWith('smolvlm-512')), smol, QUESTION),
  ...more,
});

let device: FakeDevice;
let work: (process: FakeProcess) => void;
beforeEach(() => {
  device = new FakeDevice();
  place(device, runner, 'qnn_multimodal_runner', 'ELF tok_embedding_path');
  work = answering('b2-smolvlm-full', cases.get('b2-smolvlm-outputs')?.file);
  device.onSpawn = (process) => work(process);
});
afterEach(() => device[Symbol.asyncDispose]());

const say = (process: FakeProcess, id: string) => {
  for (const { from, text } of cases.get(id)?.output ?? []) process.print(text, from);
};
/** Says what a transcript says, writes this result file, and ends. */
const answering =
  (id: string, output: string | undefined, exit = 0) =>
  (process: FakeProcess) => {
    say(process, id);
    if (output !== undefined)
      writeFileSync(device.here(`${process.command.cwd}/outputs/outputs.txt`), output);
    process.end(ok(exit));
  };
const ask = (of = job(), signal?: AbortSignal) =>
  askOnce(device, qnnMultimodal, of, wordTools, signal);
const argvOf = async (of = job()) => {
  const { commands } = await ask(of);
  return commands[0]?.argv ?? [];
};
const after = (argv: readonly string[], flag: string) => argv[argv.indexOf(flag) + 1];

const B = '/data/local/tmp/plugsight/bundles';
const RAW = `/data/local/tmp/plugsight/runs/${'a'.repeat(64)}.raw`;

test('1.3: the whole command, and a list file without a blank or line end behind the path', async () => {
  let list: string | undefined;
  const answerWell = work;
  work = (process) => {
    list = readFileSync(device.here(after(process.command.argv, '--image_path') ?? ''), 'utf8');
    answerWell(process);
  };
  const { state, commands } = await ask();
  const cwd = commands[0]?.cwd ?? '';
  expect(commands).toEqual([
    {
      argv: [
        `${B}/a-runner@1/qnn_multimodal_runner`,
        ...['--decoder_model_version', 'smolvlm'],
        ...['--tokenizer_path', `${B}/a-model@1/tokenizer.json`],
        ...['--output_path', `${cwd}/outputs/outputs.txt`],
        ...['--performance_output_path', `${cwd}/outputs/inference_speed.txt`],
        '--shared_buffer',
        ...['--decoder_path', `${B}/a-model@1/hybrid_llama_qnn.pte`],
        ...['--encoder_path', `${B}/a-model@1/vision_encoder_qnn.pte`],
        ...['--tok_embedding_path', `${B}/a-model@1/tok_embedding_qnn.pte`],
        ...['--eval_mode', '1', '--temperature', '0', '--seq_len', '1024'],
        ...['--image_path', `${cwd}/pictures.txt`],
        ...['--prompt', QUESTION],
      ],
      cwd,
      env: { LD_LIBRARY_PATH: `${B}/a-runner@1`, ADSP_LIBRARY_PATH: `${B}/a-runner@1` },
    },
  ]);
  expect(list).toBe(device.here(RAW).replace(device.root, '/data/local/tmp/plugsight'));
  expect(state).toMatchObject({
    ...{ is: 'done', text: 'The image shows a statue on an island.', finish: 'stop' },
    facts: { engine: 'ExecuTorch QNN multimodal runner, v1.3 or later' },
  });
  expect(verdict(qnnMultimodal.requests({}), state.proofs)).toBe('npu');
  expect(state.spans.filter(({ source }) => source === 'runner')).toMatchObject([
    { phase: 'encode', ms: 55.149 },
    { phase: 'prefill', ms: 172 - 55.149 },
    { phase: 'decode', ms: 8818 },
  ]);
});

test('1.2: its own flag for the embedding, and the tensor itself for a picture', async () => {
  place(device, runner, 'qnn_multimodal_runner', 'ELF embedding_path');
  work = answering('b1-smolvlm-full', cases.get('b1-seed-smolvlm-outputs')?.file);
  const argv = await argvOf();
  expect(after(argv, '--embedding_path')).toBe(`${B}/a-model@1/tok_embedding_qnn.pte`);
  expect(after(argv, '--image_path')).toBe(RAW);
  expect(argv).not.toContain('--tok_embedding_path');
  const { state } = await ask();
  expect(state.text).toMatch(/^The image depicts a serene and picturesque scene/);
});

test('InternVL3 is told by its picture, a kv decoder by its name or by the packer', async () => {
  const withModel = (model: ReturnType<typeof modelWith>) =>
    argvOf(job({ setup: setupOf(runner, model), input: intern }));
  work = answering('b1-seed-internvl3-device', cases.get('b1-seed-internvl3-outputs')?.file);
  const hybrid = await withModel(modelWith('internvl3-448'));
  expect(after(hybrid, '--decoder_model_version')).toBe('internvl3');
  expect(after(hybrid, '--eval_mode')).toBe('1');
  const kv = await withModel(modelWith('internvl3-448', 'kv_llama_qnn.pte'));
  expect(after(kv, '--eval_mode')).toBe('0');
  const told = await withModel(
    modelWith('internvl3-448', 'decoder.pte', { facts: { evalMode: 0 } }),
  );
  expect(after(told, '--eval_mode')).toBe('0');
});

test('an answer length shortens the sequence, within what was compiled', async () => {
  const seqLen = async (options: Record<string, number>, earlier: string[] = []) =>
    Number(after(await argvOf(job({ options, earlier })), '--seq_len'));
  const short = await seqLen({ 'max-tokens': 10 });
  expect(await seqLen({ 'max-tokens': 11 })).toBe(short + 1);
  expect(await seqLen({ 'max-tokens': 4096 })).toBe(1024);
  expect(await seqLen({ 'max-tokens': 10 }, ['What?'])).toBe(1024);
});

test('several turns are several prompts of one process; the answer is the last one', async () => {
  work = answering('b2-smolvlm-full', cases.get('b2-two-turns-outputs')?.file);
  const { state, commands } = await ask(job({ earlier: ['What is it?'], prompt: 'Where?' }));
  expect(commands[0]?.argv.slice(-4)).toEqual(['--prompt', 'What is it?', '--prompt', 'Where?']);
  expect(commands).toHaveLength(1);
  expect(state).toMatchObject({ is: 'done', text: 'On an island.' });
});

test('fewer answers than questions: none is shown for the one that was asked', async () => {
  work = answering('b2-smolvlm-full', cases.get('b2-smolvlm-outputs')?.file);
  const { state } = await ask(job({ earlier: [QUESTION], prompt: 'Where?' }));
  expect(state.text).toBe('');
  expect(state.failure).toMatchObject({ code: 'answer-missing' });
  expect(state.failure?.detail).toContain('1 of 2 answers');
});

test.each([
  ['no result file', 'b2-smolvlm-full', undefined],
  ['an empty one', 'b2-smolvlm-full', ''],
  [
    'no record of figures',
    'b2-warn-truncated',
    '<|im_start|>User:x<end_of_utterance>\nAssistant: y',
  ],
  ['another text', 'b2-smolvlm-full', 'something else'],
])('exit code 0 and %s is no answer', async (_, id, output) => {
  work = answering(id, output);
  const { state } = await ask();
  expect(state.failure).toMatchObject({ code: 'answer-missing' });
});

test('1.2 ends with 0 when it could not encode the picture', async () => {
  work = (process) => {
    process.print('E 00:00:00.1 executorch:x.cpp:1] x\n', 'stderr');
    process.print(
      'E 00:00:00.142110 executorch:qnn_multimodal_runner.cpp:250] Failed to encode image\n',
      'stderr',
    );
    process.end(ok(0));
  };
  const { state } = await ask();
  expect(state.failure).toMatchObject({ code: 'image-encode-failed' });
  expect(state.failure?.detail).toContain('Failed to encode image');
});

test('the root cause is told, not what follows from it', async () => {
  work = answering('b-err-qnn-lib', undefined, 134);
  const { state } = await ask();
  expect(state.failure?.code).toBe('qnn-library-missing');
});

test('an answer cut at the limit is an answer, with a warning', async () => {
  const cut = `<|im_start|>User:${QUESTION}<end_of_utterance>\nAssistant: It is a`;
  work = (process) => {
    say(process, 'b2-warn-truncated');
    answering('b1-seed-smolvlm-device', cut)(process);
  };
  const { state } = await ask();
  expect(state).toMatchObject({ is: 'done', text: 'It is a', finish: 'length' });
  expect(state.warnings.map(({ code }) => code)).toEqual(['answer-cut']);
});

test.each([
  ['What is <image>?', 'prompt-marker'],
  ['word '.repeat(1000), 'context-too-small'],
])('refused before anything is sent: %.20s', async (prompt, code) => {
  const { state } = await ask(job({ prompt }));
  expect(state.failure?.code).toBe(code);
  expect([device.pushes, device.processes]).toEqual([[], []]);
});

test('a program of neither generation is not started', async () => {
  place(device, runner, 'qnn_multimodal_runner', 'ELF of another program');
  const { state } = await ask();
  expect(state.failure).toMatchObject({ code: 'payload-file-invalid' });
  expect(device.processes).toEqual([]);
});

test('cancelling in the middle ends the program and leaves no folder', async () => {
  const stop = new AbortController();
  work = () => queueMicrotask(() => stop.abort());
  const { state } = await ask(job(), stop.signal);
  expect(state.failure).toEqual({ code: 'cancelled' });
  const [process] = device.processes;
  expect(process?.killed).toBe(true);
  expect(existsSync(device.here(process?.command.cwd ?? ''))).toBe(false);
});
