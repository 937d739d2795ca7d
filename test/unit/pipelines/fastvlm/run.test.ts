import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { combine } from '../../../../src/adapters/embeddings/combine';
import { verdict } from '../../../../src/domain/accelerator';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import { fastVlm } from '../../../../src/pipelines/fastvlm';
import { readCases } from '../../../golden/replay';
import { askOnce } from '../../../fakes/ask';
import { FakeDevice } from '../../../fakes/device';
import { QNN_RUNNER, fastVlmModel } from '../../../fakes/fastvlm-bundles';
import type { FakeProcess } from '../../../fakes/process';
import { jobOf, place, prepared, setupOf, wordTools } from '../../../fakes/step-job';

/** A model small enough to write down: 2 picture rows of 4 values, 10 tokens, 64 rows of context. */
const FACTS = { width: 4, imageTokens: 2, vocabulary: 10, padToken: 7, rowsDtype: 'float32' };
const [CONTEXT, ROW, LUT] = [64, 16, 10 * 16];
/** By hand, with `wordTools`: 14 before the picture; line end, 4 for the question, 5 behind it. */
const [BEFORE, AFTER, ROWS] = [14, 10, 14 + 2 + 10];

const golden = join(import.meta.dirname, '../../../golden/pipelines/fastvlm/transcripts.txt');
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
const model = fastVlmModel(LUT, { facts: FACTS, context: CONTEXT });
const picture = prepared('fastvlm-u8', [8, 8], { dtype: 'uint8', shape: [8, 8, 3] });
const tools = { ...wordTools, combine: (job: Parameters<typeof combine>[0]) => combine(job) };
const job = (more: Partial<Job> = {}): Job => ({
  ...jobOf(setupOf(QNN_RUNNER, model), picture, 'What is this?'),
  ...more,
});
const ask = (of = job(), signal?: AbortSignal) => askOnce(device, fastVlm, of, tools, signal);

let device: FakeDevice;
/** What each program does; changed by a test. */
let netRun: (process: FakeProcess) => void;
let genie: (process: FakeProcess) => void;
let seen: {
  ids: Int32Array;
  embeddings: Float32Array;
  settings: { dialog: Record<string, unknown> };
};
beforeEach(() => {
  device = new FakeDevice();
  place(device, model, 'vision.bin', 'x');
  netRun = (process) => {
    const vision = flag(process, '--retrieve_context').endsWith('vision.bin');
    const list = readFileSync(device.here(flag(process, '--input_list')), 'utf8').trim();
    if (!vision) seen.ids = new Int32Array(toBuffer(readFileSync(device.here(list))));
    output(process, 'output_0', vision ? rows(2, 9) : rows(CONTEXT, 1));
    process.end(ok(0));
  };
  genie = (process) => {
    seen.embeddings = new Float32Array(
      toBuffer(readFileSync(device.here(flag(process, '--embedding_file')))),
    );
    seen.settings = JSON.parse(
      readFileSync(device.here(flag(process, '--config')), 'utf8'),
    ) as typeof seen.settings;
    writeFileSync(
      device.here(flag(process, '--profile')),
      cases.get('c-genie-profile-json')?.file ?? '',
    );
    say(process, 'c-genie-embedding-ok');
    process.end(ok(0));
  };
  seen = { ids: new Int32Array(), embeddings: new Float32Array(), settings: { dialog: {} } };
  device.onSpawn = (process) =>
    process.command.argv[0].endsWith('qnn-net-run') ? netRun(process) : genie(process);
});
afterEach(() => device[Symbol.asyncDispose]());

const flag = ({ command }: FakeProcess, name: string) =>
  command.argv[command.argv.indexOf(name) + 1] ?? '';
const toBuffer = (data: Buffer): ArrayBuffer => new Uint8Array(data).buffer;
const rows = (count: number, value: number) => new Float32Array(count * 4).fill(value);
function output(process: FakeProcess, name: string, data: Float32Array | Uint8Array) {
  const path = device.here(`${flag(process, '--output_dir')}/Result_0/${name}.raw`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, new Uint8Array(data.buffer));
}
const say = (process: FakeProcess, id: string) => {
  for (const { from, text } of cases.get(id)?.output ?? []) process.print(text, from);
};

test('two graphs, the page between them, and Genie', async () => {
  const { state, phases } = await ask();
  expect(state).toMatchObject({ is: 'done', text: 'The image shows two cats.', finish: 'length' });
  expect(state.stats).toMatchObject({
    ...{ load_ms: { value: 1479.002, source: 'runner' }, ttft_ms: { value: 199.929 } },
    ...{ tokens: { value: 96 }, decode_rate: { value: 24.5 } },
  });
  expect(phases).toEqual(['send', 'encode', 'send', 'load', 'prefill', 'decode']);
  expect(verdict(fastVlm.requests({}), state.proofs)).toBe('npu');
});

test('the ids are padded, and the picture stands where it was trained to', async () => {
  await ask();
  expect(seen.ids).toHaveLength(CONTEXT);
  expect(new Set(seen.ids.subarray(0, BEFORE + AFTER))).toEqual(new Set([1]));
  expect(new Set(seen.ids.subarray(BEFORE + AFTER))).toEqual(new Set([7]));
  const first = Array.from({ length: ROWS }, (_, row) => seen.embeddings[row * 4]);
  expect(seen.embeddings).toHaveLength(ROWS * 4);
  expect(first.map((value, row) => (value === 9 ? row : -1)).filter((row) => row >= 0)).toEqual([
    BEFORE,
    BEFORE + 1,
  ]);
  expect(seen.settings.dialog['max-num-tokens']).toBe(CONTEXT - ROWS);
});

test('the command lines are those of the documented build', async () => {
  const { commands } = await ask();
  const [vision, text, query] = commands;
  const bundles = '/data/local/tmp/plugsight/bundles';
  const dir = '/data/local/tmp/plugsight/runs/run-1';
  expect(vision?.argv).toEqual([
    `${bundles}/a-runner@1/qnn-net-run`,
    ...['--backend', 'libQnnHtp.so'],
    ...['--retrieve_context', `${bundles}/a-model@1/vision.bin`],
    ...['--input_list', `${dir}/vision/input_list.txt`],
    ...['--use_native_input_files', '--use_native_output_files'],
    ...['--output_dir', `${dir}/vision/out`],
    ...['--num_inferences', '1'],
  ]);
  expect(text?.argv).toContain(`${bundles}/a-model@1/text.bin`);
  expect(query?.argv).toEqual([
    `${bundles}/a-runner@1/genie-t2t-run`,
    ...['--config', `${dir}/genie.json`],
    ...['--embedding_file', `${dir}/combined_embeddings.raw`],
    ...['--embedding_table', `${bundles}/a-model@1/embedding.bin`],
    ...['--embedding_query_output_type', 'text'],
    ...['--profile', `${dir}/profile.json`],
  ]);
  for (const command of commands)
    expect(command.env).toEqual({
      LD_LIBRARY_PATH: `${bundles}/a-runner@1`,
      ADSP_LIBRARY_PATH: `${bundles}/a-runner@1`,
    });
});

test('what the doctor found goes before the default', async () => {
  const setup = { ...setupOf(QNN_RUNNER, model), env: { ADSP_LIBRARY_PATH: '/a;/b' } };
  const { commands } = await ask(job({ setup }));
  expect(commands[0]?.env).toMatchObject({ ADSP_LIBRARY_PATH: '/a;/b' });
});

test('an 8-bit graph is found under its native name and scaled back', async () => {
  const quantised = fastVlmModel(LUT, {
    facts: { ...FACTS, rowsDtype: 'uint8', rowsScale: 0.5, rowsOffset: -10 },
    context: CONTEXT,
  });
  const floats = netRun;
  netRun = (process) => {
    if (!flag(process, '--retrieve_context').endsWith('vision.bin')) return floats(process);
    output(process, 'output_0', new Uint8Array([1]));
    output(process, 'image_features_native', new Uint8Array(8).fill(30));
    process.end(ok(0));
  };
  const { state } = await ask(job({ setup: setupOf(QNN_RUNNER, quantised) }));
  expect(state.failure).toBeUndefined();
  expect(seen.embeddings[BEFORE * 4]).toBe((30 - 10) * 0.5);
});

test('without a text graph the phone takes the rows out of its table', async () => {
  const without = fastVlmModel(LUT, { facts: FACTS, context: CONTEXT, embedder: false });
  const table = new Float32Array(10 * 4).map((_, i) => Math.floor(i / 4) + 1);
  writeFileSync(device.here(`${without.dir}/embedding.bin`), new Uint8Array(table.buffer));
  const other = device.onSpawn;
  device.onSpawn = (process) => {
    const { argv, cwd } = process.command;
    if (argv[0] !== 'sh') return other(process);
    execFileSync('sh', ['-c', device.here(argv[2] ?? '')], { cwd: device.here(cwd) });
    process.end(ok(0));
  };
  const { state } = await ask(job({ setup: setupOf(QNN_RUNNER, without) }));
  expect(state.failure).toBeUndefined();
  // Every id of `wordTools` is 1: the table's second row.
  expect([...seen.embeddings.subarray(0, 4)]).toEqual([2, 2, 2, 2]);
  expect(seen.embeddings[BEFORE * 4]).toBe(9);
});

test.each([
  ['vision', 31, /vision: output_0.raw has 31 bytes, not 32/],
  ['text', 1023, /text: output_0.raw has 1023 bytes, not 1024 or 512/],
] as const)('a %s output of %d bytes is refused', async (which, bytes, why) => {
  netRun = (process) => {
    const vision = flag(process, '--retrieve_context').endsWith('vision.bin');
    const right = vision ? 2 * ROW : CONTEXT * ROW;
    const wrong = (which === 'vision') === vision;
    output(process, 'output_0', new Uint8Array(wrong ? bytes : right).fill(1));
    process.end(ok(0));
  };
  const { state } = await ask();
  expect(state.failure).toMatchObject({ code: 'embeddings-invalid' });
  expect(state.failure?.detail).toMatch(why);
});

test('a graph that wrote nothing is no success', async () => {
  netRun = (process) => process.end(ok(0));
  const { state } = await ask();
  expect(state.failure?.detail).toMatch(/qnn-net-run wrote none of output_0/);
  expect(state.proofs).toEqual({});
});

test('an NPU that does not open is said, and Genie is not started', async () => {
  netRun = (process) => {
    process.print('[ERROR] "Failed to create device: 14001"\n', 'stderr');
    process.end(ok(1));
  };
  const { state } = await ask();
  expect(state.failure).toMatchObject({ code: 'qnn-device' });
  expect(device.processes).toHaveLength(1);
});

test.each([
  ['c-genie-err-device', 'qnn-device'],
  ['c-genie-err-config-key', 'genie-config'],
  ['c-genie-err-width', 'embeddings-width'],
] as const)('%s is %s', async (id, code) => {
  genie = (process) => {
    say(process, id);
    process.end(ok(1));
  };
  expect((await ask()).state.failure?.code).toBe(code);
});

test('an answer that breaks off is no answer', async () => {
  genie = (process) => {
    process.print('Using libGenie.so version 1.14.0\n\n[BEGIN]: The ima');
    process.end(ok(0));
  };
  const { state } = await ask();
  expect(state).toMatchObject({
    is: 'failed',
    text: 'The ima',
    failure: { code: 'answer-missing' },
  });
});

test('cancelling ends the program that runs', async () => {
  const stop = new AbortController();
  genie = (process) => {
    process.print('Using libGenie.so version 1.14.0\n\n[BEGIN]: The');
    stop.abort();
  };
  const { state } = await ask(job(), stop.signal);
  expect(state.failure?.code).toBe('cancelled');
  expect(device.processes.at(-1)?.killed).toBe(true);
});

test('a question that leaves no room is refused before anything is sent', async () => {
  const { state } = await ask(job({ prompt: 'word '.repeat(60) }));
  expect(state.failure?.code).toBe('context-too-small');
  expect(device.pushes).toEqual([]);
  expect((await ask(job({ prompt: 'a <image> here' }))).state.failure?.code).toBe('prompt-marker');
});

test('a picture prepared otherwise is refused', async () => {
  const input = prepared('smolvlm', [8, 8], { dtype: 'png', shape: [8, 8, 3] });
  expect((await ask(job({ input }))).state.failure?.code).toBe('recipe-invalid');
});

test('the decoder on the CPU is shown as such', async () => {
  const both = fastVlmModel(LUT, { facts: FACTS, context: CONTEXT, decoders: ['cpu.bin'] });
  genie = (process) => {
    process.print('Using libGenie.so version 1.14.0\n\n[BEGIN]: Yes.[END]\n\n');
    process.end(ok(0));
  };
  const { state } = await ask(job({ setup: setupOf(QNN_RUNNER, both) }));
  expect(state.proofs.language?.on).toBe('cpu');
  expect(verdict(fastVlm.requests({}), state.proofs)).toBe('partly-npu');
  expect(verdict(fastVlm.requests({ 'npu-decoder': 0 }), state.proofs)).toBe('partly-npu');
});

test('a follow-up restores the state and sends the new text alone', async () => {
  const options = { conversation: 1, 'max-tokens': 30 };
  const profile = (tokens: number) =>
    (cases.get('c-genie-profile-json')?.file ?? '').replace('"value": 96', `"value": ${tokens}`);
  genie = (process) => {
    const { argv } = process.command;
    if (argv.includes('--save'))
      writeFileSync(device.here(`${flag(process, '--save')}/kv.bin`), 'state');
    seen.embeddings = new Float32Array(
      toBuffer(readFileSync(device.here(flag(process, '--embedding_file')))),
    );
    writeFileSync(device.here(flag(process, '--profile')), profile(3));
    say(process, 'c-genie-embedding-ok');
    process.end(ok(0));
  };
  const first = await ask(job({ options }));
  const saved = first.commands[2]?.argv[first.commands[2].argv.indexOf('--save') + 1] ?? '';
  expect(existsSync(device.here(`${saved}/kv.bin`))).toBe(true);

  const second = await ask(job({ options, earlier: ['What is this?'], prompt: 'Where?' }));
  expect(second.state).toMatchObject({ is: 'done', warnings: [] });
  expect(second.commands).toHaveLength(2);
  const { argv } = second.commands[1]!;
  expect(argv[argv.indexOf('--restore') + 1]).toBe(saved);
  // <|im_end|>, line end, <|im_start|>, user, line end, Where, ?, and 5 behind them: no picture.
  expect(seen.embeddings).toHaveLength(12 * 4);
});

test('a follow-up that nothing was saved for is asked alone, and says so', async () => {
  const { state, commands } = await ask(
    job({ options: { conversation: 1 }, earlier: ['Before?'] }),
  );
  expect(state.warnings.map(({ code }) => code)).toEqual(['genie-state']);
  expect(commands).toHaveLength(3);
  expect(commands[2]?.argv).not.toContain('--restore');
});

test('a conversation that fills the context is refused with what it holds', async () => {
  const options = { conversation: 1 };
  genie = (process) => {
    process.print('Using libGenie.so version 1.14.0\n\n[BEGIN]: Yes.[END]\n\n');
    process.end(ok(0));
  };
  // Without a profile all the room counts as used.
  await ask(job({ options }));
  const { state } = await ask(job({ options, earlier: ['What is this?'] }));
  expect(state.failure?.code).toBe('context-too-small');
});
