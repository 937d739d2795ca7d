import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verdict } from '../../../../src/domain/accelerator';
import type { Job } from '../../../../src/domain/pipeline';
import { ok } from '../../../../src/domain/result';
import { llamaMtmd } from '../../../../src/pipelines/llama-mtmd';
import { readCases } from '../../../golden/replay';
import { askOnce } from '../../../fakes/ask';
import { FakeDevice } from '../../../fakes/device';
import { NO_TOOLS } from '../../../fakes/host-tools';
import type { FakeProcess } from '../../../fakes/process';
import { installed, jobOf, place, prepared, setupOf } from '../../../fakes/step-job';

const golden = join(import.meta.dirname, '../../../golden/pipelines/llama-mtmd/transcripts.txt');
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
const runner = installed('runner', {
  ...{
    runner: 'bin/llama-mtmd-cli',
    library: 'lib/libllama-common.so',
    skel: 'lib/libggml-htp-v79.so',
  },
});
const model = installed('model', { language: 'text.gguf', vision: 'mmproj.gguf' });
const picture = prepared('fit-png', [300, 200], { dtype: 'png', shape: [200, 300, 3] });
const job = (options: Record<string, number> = {}, more: Partial<Job> = {}): Job => ({
  ...jobOf(setupOf(runner, model), picture, "What's this?"),
  ...{ options },
  ...more,
});
const bundles = '/data/local/tmp/plugsight/bundles';

let device: FakeDevice;
let cli: (process: FakeProcess) => void;
beforeEach(() => {
  device = new FakeDevice();
  place(device, runner, 'bin/llama-mtmd-cli', 'ELF');
  place(device, runner, 'lib/libllama-common.so', 'ELF --log-jsonl --image-max-tokens');
  place(device, model, 'text.gguf', 'x');
  place(device, model, 'mmproj.gguf', 'y');
  cli = ending('e-ok-jsonl', 0);
  device.onSpawn = (process) => cli(process);
});
afterEach(() => device[Symbol.asyncDispose]());
const say = (process: FakeProcess, id: string) => {
  for (const { from, text } of cases.get(id)?.output ?? []) process.print(text, from);
};
const ending = (id: string, exit: number) => (process: FakeProcess) => {
  say(process, id);
  process.end(ok(exit));
};
const ask = (of = job(), signal?: AbortSignal) => askOnce(device, llamaMtmd, of, NO_TOOLS, signal);

test('a build with JSON lines is asked for them', async () => {
  const { state, commands } = await ask(job({ 'max-tokens': 12, 'image-max-tokens': 512 }));
  expect(state).toMatchObject({ is: 'done', text: '训练 Brothers征战', finish: 'length' });
  expect(state.stats).toMatchObject({ ttft_ms: { value: 5231.778, source: 'runner' } });
  expect(commands).toEqual([
    {
      argv: [
        `${bundles}/a-runner@1/bin/llama-mtmd-cli`,
        ...['-m', `${bundles}/a-model@1/text.gguf`],
        ...['--mmproj', `${bundles}/a-model@1/mmproj.gguf`],
        ...['--image', `/data/local/tmp/plugsight/runs/${'a'.repeat(64)}.png`],
        ...['-p', "What's this?", '-n', '12', '-c', '2048', '-t', '4'],
        ...['--temp', '0', '--top-k', '40', '--top-p', '0.95', '--seed', '0'],
        ...['--image-max-tokens', '512', '--device', 'none', '--no-mmproj-offload'],
        ...['-lv', '4', '--log-jsonl'],
      ],
      cwd: `${bundles}/a-runner@1`,
      env: { LD_LIBRARY_PATH: `${bundles}/a-runner@1/lib` },
    },
  ]);
});

test('an older build answers on stdout and tells on stderr', async () => {
  place(device, runner, 'lib/libllama-common.so', 'ELF');
  cli = ending('e-ok-lv4', 0);
  const { state, commands } = await ask(job({ 'image-max-tokens': 512 }));
  expect(commands[0]?.argv).not.toContain('--log-jsonl');
  expect(commands[0]?.argv).not.toContain('--image-max-tokens');
  expect(state.text).toMatch(/^ Brothers.*trasoundcredits$/);
  expect(state.stats).toMatchObject({ prompt_tokens: { value: 91 }, tokens: { value: 11 } });
  expect(verdict(llamaMtmd.requests({}), state.proofs)).toBe('cpu');
});

test('on Hexagon it gets device, layers and both library paths', async () => {
  const { commands } = await ask(job({ hexagon: 1 }));
  expect(commands[0]?.argv.join(' ')).toContain('--device HTP0 -ngl 99 -lv 4');
  expect(commands[0]?.argv).not.toContain('--no-mmproj-offload');
  expect(commands[0]?.env).toEqual({
    LD_LIBRARY_PATH: `${bundles}/a-runner@1/lib`,
    ADSP_LIBRARY_PATH: `${bundles}/a-runner@1/lib`,
    GGML_HEXAGON_DEVICES: 'HTP0',
  });
});

const SESSIONS = [
  'ggml-hex: HTP0 new session : session-id 0 domain-id 3 uri file:///x handle 0xb4',
  'ggml-hex: new session: HTP0 : session-id 0 domain-id 3 uri file:///x handle 0xb4',
];
const ON_HTP = [
  'load_tensors:         HTP0 model buffer size =   300.00 MiB',
  'clip_ctx: CLIP using HTP0 backend',
];
const ON_CPU = [
  'load_tensors:   CPU_Mapped model buffer size =    37.17 MiB',
  'clip_ctx: CLIP using CPU backend',
];

test.each([
  ['session and weights', [SESSIONS[0], ...ON_CPU, ...ON_HTP], 'npu'],
  ['session in the documented order', [SESSIONS[1], ...ON_HTP, ...ON_CPU], 'npu'],
  ['a session, and weights on the CPU', [SESSIONS[0], ...ON_CPU], 'cpu-fallback'],
  ['a session alone', [SESSIONS[0]], 'not-proven'],
  ['weights without a session', [...ON_HTP], 'not-proven'],
  [
    'a session that failed',
    ['ggml-hex: HTP0 failed to open session : uri x', ...ON_CPU],
    'cpu-fallback',
  ],
  ['vision on the CPU', [SESSIONS[0], ON_HTP[0], ON_CPU[1]], 'partly-npu'],
] as const)('%s: %s', async (_, lines, said) => {
  cli = (process) => {
    process.print(lines.map((line) => `0.00.012.001 I ${line}\n`).join(''), 'stderr');
    process.print('\nYes.\n\n');
    process.end(ok(0));
  };
  const { state } = await ask(job({ hexagon: 1 }));
  expect(verdict(llamaMtmd.requests({ hexagon: 1 }), state.proofs)).toBe(said);
});

/** A GGUF head with one tensor of this type: 12 is Q4_K, 2 is Q4_0. */
function gguf(type: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto('GGUF', bytes);
  view.setUint32(4, 3, true);
  view.setBigUint64(8, 1n, true); // tensors
  view.setBigUint64(16, 0n, true); // keys
  view.setBigUint64(24, 1n, true); // length of the name
  bytes[32] = 'w'.charCodeAt(0);
  view.setUint32(33, 1, true); // dimensions
  view.setBigUint64(37, 256n, true);
  view.setUint32(45, type, true);
  view.setBigUint64(49, 0n, true);
  return bytes;
}
const withWeights = (type: number) => {
  const data = gguf(type);
  const sized = installed(
    'model',
    {},
    {
      files: model.files.map((file) => ({
        ...file,
        bytes: file.role === 'language' ? data.length : 1,
      })),
    },
  );
  place(device, sized, 'text.gguf', new TextDecoder('latin1').decode(data));
  return setupOf(runner, sized);
};

test('weights that the NPU leaves to the CPU are refused there, and only there', async () => {
  const setup = withWeights(12);
  const refused = await ask(job({ hexagon: 1 }, { setup }));
  expect(refused.state.failure).toMatchObject({ code: 'npu-weights' });
  expect(refused.state.failure?.detail).toMatch(/q4_K.*0 %/i);
  expect((await ask(job({}, { setup }))).state.is).toBe('done');
});

test('weights that the NPU computes go there', async () => {
  const { state } = await ask(job({ hexagon: 1 }, { setup: withWeights(2) }));
  expect(state.failure).toBeUndefined();
});

test('a file that is gone or cut is said before the tool could lose its last words', async () => {
  place(device, model, 'mmproj.gguf', 'longer');
  expect((await ask()).state.failure?.code).toBe('size-mismatch');
  expect(device.processes).toEqual([]);
});

test("OmniInfer's fork is told by its word and refused", async () => {
  place(device, runner, 'bin/llama-mtmd-cli', 'ELF mtmd_data.bin');
  expect((await ask()).state.failure?.code).toBe('payload-file-invalid');
});

test.each([
  ['e-err-model-missing', 'model-file-missing'],
  ['e-err-mmproj-missing-lost', 'runner-silent'],
  ['e-err-no-mmproj-flag-lost', 'runner-silent'],
  ['e-err-width-mismatch-full', 'model-mismatch'],
  ['e-err-context-full', 'context-full'],
] as const)('%s is %s', async (id, code) => {
  cli = ending(id, 1);
  expect((await ask()).state.failure?.code).toBe(code);
});

test('a tool that begins to chat is stopped at its first words', async () => {
  cli = (process) => say(process, 'e-stdin-eof-flood');
  const { state } = await ask();
  expect(state.failure?.code).toBe('output-flood');
  expect(device.processes[0]?.killed).toBe(true);
});

test('stopped by SIGINT it keeps the shortened answer, as cancelled', async () => {
  const stop = new AbortController();
  cli = (process) => {
    process.onInterrupt = () => {
      process.print('\n\n\n');
      process.end(ok(0));
    };
    process.print('\n训练 Brothers');
    stop.abort();
  };
  const { state } = await ask(job(), stop.signal);
  expect(state).toMatchObject({ is: 'done', text: '训练 Brothers', finish: 'cancelled' });
});

test('what would be a second picture, or leaves no room, is refused before anything is sent', async () => {
  expect((await ask(job({}, { prompt: 'a <__media__> b' }))).state.failure?.code).toBe(
    'prompt-marker',
  );
  expect((await ask(job({}, { prompt: 'x'.repeat(2000) }))).state.failure?.code).toBe(
    'context-too-small',
  );
  expect(device.scripts).toEqual([]);
});
