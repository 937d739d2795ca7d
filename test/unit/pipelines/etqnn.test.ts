import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/domain/run';
import { ok } from '../../../src/domain/result';
import { Runner } from '../../../src/flows/run';
import { etqnn } from '../../../src/pipelines/etqnn';
import { FakeClock } from '../../fakes/clock';
import { FakeDevice } from '../../fakes/device';
import { installed, jobOf, prepared, setupOf, wordTools } from '../../fakes/step-job';

const runner = installed('runner', { runner: 'libetqnn_runner.so' });
const model = installed('model', { decoder: 'hybrid_llama_qnn.pte', tokenizer: 'tokenizer.json' });
const setup = setupOf(runner, model);
const input = prepared('none', [1, 1], { dtype: 'png', shape: [1, 1, 3] });
const bundles = '/data/local/tmp/plugsight/bundles';
const question = { id: 1, imagePath: '', prompt: 'Say "x"\nplease', options: { 'max-tokens': 9 } };

test('only flags that it knows: others it would ignore without a word', () => {
  expect(etqnn.command({ ...setup, options: { temperature: 0 } })).toEqual({
    argv: [
      `${bundles}/a-runner@1/libetqnn_runner.so`,
      ...['--model_path', `${bundles}/a-model@1/hybrid_llama_qnn.pte`],
      ...['--tokenizer_path', `${bundles}/a-model@1/tokenizer.json`],
      ...['--lib_dir', `${bundles}/a-runner@1`, '--decoder_model_version', 'qwen3'],
      ...['--n_ctx', '2048', '--temperature', '0'],
    ],
    cwd: `${bundles}/a-runner@1`,
    env: {
      LD_LIBRARY_PATH: `${bundles}/a-runner@1`,
      ADSP_LIBRARY_PATH: `${bundles}/a-runner@1`,
    },
  });
});

test('each question is a line, after one that drops the one before', () => {
  expect(etqnn.request(question)).toBe(
    '{"command":"reset"}\n{"command":"generate","user_prompt":"Say \\"x\\"\\nplease","max_tokens":9,"thinking_enabled":false}\n',
  );
});

/** A phone whose runner answers each generate with the given lines. */
function serving(answer: readonly object[]) {
  const device = new FakeDevice();
  device.onSpawn = (process) => {
    process.say({ type: 'ready' });
    process.onLine = (line) => {
      if (line.includes('reset')) process.say({ type: 'done' });
      else for (const event of answer) process.say({ ...event });
    };
  };
  const asker = new Runner(device, new FakeClock(), wordTools);
  const ask = async (prompt: string, signal = new AbortController().signal) => {
    const events: RunEvent[] = [];
    const run = { pipeline: etqnn, ...jobOf(setup, input, prompt) };
    for await (const event of asker.ask(run, 0, signal)) events.push(event);
    return events;
  };
  return { device, ask };
}
const ANSWER = [
  { type: 'token', text: 'Yes' },
  { type: 'metrics', prompt_tokens: 3, generated_tokens: 1, prefill_us: 5000, decode_us: 2000 },
  { type: 'done' },
];

test('it is loaded once and asked twice, and no picture is sent', async () => {
  const { device, ask } = serving(ANSWER);
  for (const prompt of ['one', 'two']) {
    const events = await ask(prompt);
    expect(events.filter(({ kind }) => kind === 'text')).toMatchObject([{ text: 'Yes' }]);
    expect(events.at(-1)).toMatchObject({ kind: 'end', finish: 'stop' });
    const phases = events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
    expect(phases).not.toContain('encode');
  }
  expect(device.processes).toHaveLength(1);
  expect(device.pushes).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('a prompt that would eat the answer is refused before anything starts', async () => {
  const { device, ask } = serving(ANSWER);
  const events = await ask('x '.repeat(600));
  expect(events).toMatchObject([{ kind: 'failed', failure: { code: 'prompt-too-long' } }]);
  expect(device.processes).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('cancelling ends the program at once: it hears nothing while it answers', async () => {
  const stop = new AbortController();
  const { device, ask } = serving([]);
  const begin = device.onSpawn;
  device.onSpawn = (process) => {
    begin(process);
    const hear = process.onLine;
    process.onLine = (line) => {
      hear(line);
      if (line.includes('generate')) stop.abort();
    };
  };
  const events = await ask('one', stop.signal);
  expect(events.at(-1)).toMatchObject({ kind: 'failed', failure: { code: 'cancelled' } });
  expect(device.processes[0]?.killed).toBe(true);
  expect(device.processes[0]?.lines.filter((line) => line.includes('cancel'))).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('a runner that cannot load says why, and the root of it where a line shows it', async () => {
  const device = new FakeDevice();
  device.onSpawn = (process) => {
    process.say({ type: 'error', message: 'failed to load model' });
    process.print(
      '[ERROR] [Qnn ExecuTorch]: Failed to create device_handle for Backend ID 6, error=14001\n',
      'stderr',
    );
    process.end(ok(1));
  };
  const asker = new Runner(device, new FakeClock(), wordTools);
  const events: RunEvent[] = [];
  const run = { pipeline: etqnn, ...jobOf(setup, input, 'x') };
  for await (const event of asker.ask(run, 0, new AbortController().signal)) events.push(event);
  expect(events.at(-1)).toMatchObject({ failure: { code: 'qnn-device' } });
  await device[Symbol.asyncDispose]();
});
