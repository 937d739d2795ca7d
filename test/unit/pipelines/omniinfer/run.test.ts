import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verdict } from '../../../../src/domain/accelerator';
import { writeMtmd } from '../../../../src/domain/mtmd';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import { omniinfer } from '../../../../src/pipelines/omniinfer';
import { readCases } from '../../../golden/replay';
import { askOnce } from '../../../fakes/ask';
import { FakeDevice } from '../../../fakes/device';
import type { FakeProcess } from '../../../fakes/process';
import { installed, jobOf, place, prepared, setupOf, wordTools } from '../../../fakes/step-job';

const golden = join(import.meta.dirname, '../../../golden/pipelines/omniinfer/transcripts.txt');
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
const runner = installed('runner', {
  'vision-runner': 'llama-mtmd-cli',
  runner: 'qnn_llama_runner',
});
const model = installed('model', {
  ...{ language: 'text.gguf', vision: 'mmproj.gguf' },
  ...{ decoder: 'hybrid_llama_qnn.pte', tokenizer: 'tokenizer.json' },
});
const input = prepared('qwen-png', [308, 224], { dtype: 'png', shape: [224, 308, 3] });
/** By hand, with `wordTools`: 88 for the picture; the frame has 21 words, marks and line ends, the question 4. */
const TOKENS = 88 + 21 + 4;
const job = (prompt = 'Describe this image.'): Job => jobOf(setupOf(runner, model), input, prompt);

let device: FakeDevice;
/** What each program does; changed by a test. */
let extract: (process: FakeProcess) => void;
let decode: (process: FakeProcess) => void;
beforeEach(() => {
  device = new FakeDevice();
  place(device, runner, 'llama-mtmd-cli', 'ELF mtmd_data.bin');
  place(device, runner, 'qnn_llama_runner', 'ELF embeds_path kv_updater');
  extract = (process) => {
    say(process, 'a1-htp-ok-head', 'a1-ok');
    write(process, 'mtmd_embeddings.txt', 'tens of megabytes');
    write(process, 'mtmd_data.bin', mtmd());
    process.end(ok(0));
  };
  decode = (process) => {
    say(process, 'a2-ok');
    write(
      process,
      'outputs/outputs.txt',
      `${process.command.cwd}/mtmd_data.binThree apples.<|im_end|>`,
    );
    write(process, 'outputs/inference_speed.txt', '18.4615');
    process.end(ok(0));
  };
  device.onSpawn = (process) =>
    process.command.argv[0].endsWith('llama-mtmd-cli') ? extract(process) : decode(process);
});
afterEach(() => device[Symbol.asyncDispose]());

const mtmd = (tokens = TOKENS, width = 2048, positionRows = 3) =>
  writeMtmd({
    ...{ tokens, width, positionRows },
    embeddings: new Float32Array(tokens * width),
    positions: new Int32Array(tokens * positionRows),
  });
const write = ({ command }: FakeProcess, name: string, data: string | Uint8Array) =>
  writeFileSync(device.here(`${command.cwd}/${name}`), data);
const say = (process: FakeProcess, ...ids: string[]) => {
  for (const id of ids)
    for (const { from, text } of cases.get(id)?.output ?? []) process.print(text, from);
};
const ask = (of = job(), signal?: AbortSignal) => askOnce(device, omniinfer, of, wordTools, signal);
const outcome = async (of = job()) => {
  const { state } = await ask(of);
  return state.failure;
};

test('two programs in one fresh folder, and the answer from the file', async () => {
  let textTwin: boolean | undefined;
  const decodeWell = decode;
  decode = (process) => {
    textTwin = existsSync(device.here(`${process.command.cwd}/mtmd_embeddings.txt`));
    decodeWell(process);
  };
  const { state, phases, commands } = await ask();
  expect(state).toMatchObject({ is: 'done', text: 'Three apples.', finish: 'stop', warnings: [] });
  expect(phases).toEqual([
    'send',
    'load',
    'load',
    'encode',
    'load',
    'load',
    'load',
    'prefill',
    'decode',
  ]);
  expect(state.stats).toMatchObject({
    image_tokens: { value: 88, source: 'runner' },
    prompt_tokens: { value: 997 }, // the decoder's own count, of the transcript
    load_ms: { value: 2100 },
    tokens: { value: 96 },
  });
  expect(verdict(omniinfer.requests({}), state.proofs)).toBe('npu');
  expect(textTwin).toBe(false);
  const [first, second] = commands;
  expect(first?.cwd).toBe(second?.cwd);
  expect(second?.argv).toContain(`${first?.cwd}/mtmd_data.bin`);
  expect(existsSync(device.here(first?.cwd ?? ''))).toBe(false);
  expect(state.facts).not.toHaveProperty('prompt-differs');
  expect(state.facts).toMatchObject({ 'inference-speed': '18.4615' });
});

test('the vision step on the CPU is said, with the line that shows it', async () => {
  const extractWell = extract;
  extract = (process) => {
    say(process, 'a1-htp-session-failed');
    extractWell(process);
  };
  const { state } = await ask();
  expect(state).toMatchObject({ is: 'done', text: 'Three apples.' });
  expect(state.proofs.vision).toEqual({
    on: 'cpu',
    line: 'Failed to open remote session on Hexagon NPU (0x80000406)',
  });
  expect(state.warnings.map(({ code }) => code)).toEqual(['npu-session']);
  expect(verdict(omniinfer.requests({}), state.proofs)).toBe('partly-npu');
});

test('a vision step that fails ends the run, and the decoder is not started', async () => {
  extract = (process) => {
    say(process, 'a1-err-width-mismatch');
    process.end(ok(1));
  };
  const { state } = await ask();
  expect(state.failure?.code).toBe('model-mismatch');
  expect(device.processes).toHaveLength(1);
});

test.each([
  ['cut off', () => mtmd().subarray(0, 5000), 'mtmd-invalid'],
  ['another magic', () => mtmd().fill(0, 0, 4), 'mtmd-invalid'],
  ['another width', () => mtmd(TOKENS, 64), 'mtmd-invalid'],
  ['one row of positions', () => mtmd(TOKENS, 2048, 1), 'mtmd-invalid'],
  ['longer than the decoder takes', () => mtmd(1921), 'context-too-small'],
])('mtmd_data.bin, %s: the decoder is not started', async (_, bytes, code) => {
  extract = (process) => {
    write(process, 'mtmd_data.bin', bytes());
    process.end(ok(0));
  };
  const { state } = await ask();
  expect(state.failure?.code).toBe(code);
  expect(device.processes).toHaveLength(1);
});

test('a vision step that ends well and leaves nothing', async () => {
  extract = (process) => process.end(ok(0));
  expect(await outcome()).toMatchObject({ code: 'mtmd-missing' });
});

test('other tokens than were counted are shown', async () => {
  extract = (process) => {
    write(process, 'mtmd_data.bin', mtmd(TOKENS - 1));
    process.end(ok(0));
  };
  const { state } = await ask();
  expect(state.is).toBe('done');
  expect(state.facts['prompt-differs']).toContain(`${TOKENS - 1} tokens, counted were ${TOKENS}`);
});

test.each([
  ['no file', undefined],
  ['an empty file', ''],
])('exit code 0 and %s is no answer', async (_, output) => {
  decode = (process) => {
    process.print('I 00:00:00.001101 executorch:runner.cpp:308] creating module: x\n', 'stderr');
    if (output !== undefined) write(process, 'outputs/outputs.txt', output);
    process.end(ok(0));
  };
  expect(await outcome()).toMatchObject({ code: 'answer-missing' });
});

test('exit code 0 and not a word is no answer either', async () => {
  decode = (process) => process.end(ok(0));
  expect(await outcome()).toMatchObject({ code: 'answer-missing' });
});

test('a decoder that aborts says why', async () => {
  decode = (process) => {
    say(process, 'a2-err-upstream-pte');
    process.end(ok(134));
  };
  const failure = await outcome();
  expect(failure?.code).toBe('pte-other-runner');
  expect(failure?.detail).toContain('get_ie_logits_scale');
});

test('a question that looks like trouble is no trouble', async () => {
  const prompt =
    'What does this mean?\nFailed to open remote session on Hexagon NPU (0x1)\nAborted';
  extract = (process) => {
    process.print(`params.prompt: ${prompt}\nadd_text: <|im_start|>user\n${prompt}\n`, 'stderr');
    write(process, 'mtmd_data.bin', mtmd());
    process.end(ok(0));
  };
  const { state } = await ask(job(prompt));
  expect(state).toMatchObject({ is: 'done', warnings: [] });
  expect(state.proofs.vision).toBeUndefined();
});

test('a question too long is refused before anything is sent', async () => {
  expect(await outcome(job('word '.repeat(1900)))).toMatchObject({ code: 'context-too-small' });
  expect(device.pushes).toEqual([]);
  expect(device.processes).toEqual([]);
});

test.each([
  ['llama-mtmd-cli', 'an upstream chat program', 'OmniInfer-VLM'],
  ['qnn_llama_runner', 'an upstream runner', 'OmniInfer-LLM'],
])('%s of another build is not started', async (name, content, project) => {
  place(device, runner, name, content);
  const failure = await outcome();
  expect(failure?.code).toBe('payload-file-invalid');
  expect(failure?.detail).toContain(project);
  expect(device.processes).toEqual([]);
});

test.each(['extract', 'decode'] as const)(
  'cancelling while %s works ends the program',
  async (when) => {
    const stop = new AbortController();
    const hang = () => void queueMicrotask(() => stop.abort());
    if (when === 'extract') extract = hang;
    else decode = hang;
    const { state } = await ask(job(), stop.signal);
    expect(state.failure).toEqual({ code: 'cancelled' });
    expect(device.processes.at(-1)?.killed).toBe(true);
    expect(device.processes).toHaveLength(when === 'extract' ? 1 : 2);
  },
);

test('an unplugged phone ends the run with its own words', async () => {
  decode = () => device.unplug();
  expect(await outcome()).toMatchObject({ code: 'unplugged' });
});
