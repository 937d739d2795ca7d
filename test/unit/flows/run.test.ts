import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/bundle';
import type { PreparedInput } from '../../../src/domain/prepare';
import type { Result } from '../../../src/domain/result';
import { fail, ok } from '../../../src/domain/result';
import { INITIAL_RUN, reduce, type RunEvent } from '../../../src/domain/run';
import { Runner, type RunInput } from '../../../src/flows/run';
import { llamaRunner } from '../../../src/pipelines/llama-runner';
import { FakeClock, settle } from '../../fakes/clock';
import { FakeDevice } from '../../fakes/device';
import type { FakeProcess } from '../../fakes/process';
import { READY, answer, speakProtocol } from '../../fakes/runner-program';
import { NO_TOOLS } from '../../fakes/host-tools';

let device: FakeDevice;
let clock: FakeClock;
let runner: Runner;
beforeEach(() => {
  device = new FakeDevice();
  device.onSpawn = (process) => speakProtocol(process);
  clock = new FakeClock();
  runner = new Runner(device, clock, NO_TOOLS);
});
afterEach(() => device[Symbol.asyncDispose]());

const gguf = (role: 'language' | 'vision', digit: string) =>
  ({ path: role, bytes: 1, sha256: digit.repeat(64), mode: '644', url: 'x', role }) as const;
const files = [gguf('language', '1'), gguf('vision', '2')];
const manifest: Manifest = {
  ...{ schema: 'plugsight-bundle/1', id: 'm', version: '1', title: 'm', kind: 'model' },
  ...{ licence: 'MIT', pipelines: ['llama-runner'], requires: {}, files },
};
const bundle = { manifest, dir: '/data/local/tmp/plugsight/bundles/m-1', files };

function picture(digit: string): PreparedInput {
  const data = new TextEncoder().encode(`picture ${digit}`);
  const sha256 = digit.repeat(64);
  return {
    recipe: { family: 'square-png', params: {} },
    plan: {
      crop: { x: 0, y: 0, width: 1, height: 1 },
      width: 1,
      height: 1,
      imageTokens: 1,
      tiles: [],
      bytes: 3,
    },
    source: { bytes: 1, sha256, type: 'image/png', width: 1, height: 1, rgbSha256: sha256 },
    outputs: [{ name: 'image.png', dtype: 'png', shape: [1, 1, 3], data, sha256 }],
    preview: new Blob(),
    decoder: 'exact',
    core: 'simd',
    tookMs: 1,
  };
}
const input = (prompt: string, image = 'a', bigCores = 4): RunInput => ({
  pipeline: llamaRunner,
  setup: { runner: bundle, model: bundle, options: {}, bigCores, env: {} },
  input: picture(image),
  prompt,
  options: {},
});
const never = new AbortController().signal;

/** Asks to the end; checks that the end is the only one, and returns all. */
async function ask(
  run: RunInput,
  signal = never,
  hear: (event: RunEvent) => void = () => undefined,
) {
  const events: RunEvent[] = [];
  for await (const event of runner.ask(run, clock.now(), signal)) {
    events.push(event);
    hear(event);
  }
  const ends = events.filter(({ kind }) => kind === 'end' || kind === 'failed');
  expect(ends).toEqual(events.slice(-1));
  return { events, state: events.reduce(reduce, INITIAL_RUN) };
}
const last = (): FakeProcess => {
  const process = device.processes.at(-1);
  if (!process) throw new Error('nothing was started');
  return process;
};
/** The next program, when it was started and has said its first words. */
const started = async (): Promise<FakeProcess> => {
  const setUp = device.onSpawn;
  const process = await new Promise<FakeProcess>((resolve) => {
    device.onSpawn = (spawned) => {
      setUp(spawned);
      resolve(spawned);
    };
  });
  await settle();
  return process;
};
/** A runner that answers "ab" and then says no more. */
const stuck = (process: FakeProcess) =>
  speakProtocol(process, ({ request }) =>
    answer(request, 'ab')
      .slice(0, -1)
      .forEach((event) => process.say(event)),
  );

test('one load serves many questions, and a picture is sent once', async () => {
  const one = await ask(input('one'));
  const two = await ask(input('two "quoted" $(no)\n🙂'));
  const three = await ask(input('three', 'b'));
  expect([one, two, three].map(({ state }) => [state.is, state.text])).toEqual([
    ['done', 'ONE'],
    ['done', 'TWO "QUOTED" $(NO)\n🙂'],
    ['done', 'THREE'],
  ]);
  expect(device.processes).toHaveLength(1);
  expect(device.pushes).toHaveLength(2);
  expect(one.events.filter(({ kind }) => kind === 'ready')).toHaveLength(1);
  expect(two.events.filter(({ kind }) => kind === 'ready')).toHaveLength(0);
  expect(two.state.spans.map(({ phase }) => phase)).not.toContain('load');
});

test('another command ends the old program and loads anew', async () => {
  await ask(input('one'));
  await ask(input('two', 'a', 8));
  expect(device.processes.map(({ running, killed }) => [running, killed])).toEqual([
    [false, true],
    [true, false],
  ]);
});

test('an answer never holds words of the one before', async () => {
  await ask(input('one'));
  last().say({ event: 'token', text: 'late' });
  last().say({ event: 'done', finish: 'stop', text: 'late', tokens: 1 });
  last().print('late log\n', 'stderr');
  await settle();
  const { state } = await ask(input('two'));
  expect(state.text).toBe('TWO');
  expect(state.log).toEqual(['late log']);
});

test('cancelling while the program loads ends it', async () => {
  device.onSpawn = () => undefined;
  const stop = new AbortController();
  const asking = ask(input('x'), stop.signal);
  await started();
  stop.abort();
  expect((await asking).state.failure).toEqual({ code: 'cancelled' });
  expect(last().killed).toBe(true);
});

test('cancelling while the picture is sent starts nothing', async () => {
  const stop = new AbortController();
  device.pushTrouble = { afterBytes: 1, then: () => stop.abort() };
  expect((await ask(input('x'), stop.signal)).state.failure?.code).toBe('cancelled');
  expect(device.processes).toEqual([]);
});

test('cancelling an answer keeps the program for the next question', async () => {
  device.onSpawn = stuck;
  const stop = new AbortController();
  const { state } = await ask(input('x'), stop.signal, ({ kind }) => {
    if (kind === 'text') stop.abort();
  });
  expect(state).toMatchObject({ is: 'done', finish: 'cancelled', text: 'ab' });
  expect(last().lines.at(-1)).toBe('{"cmd":"cancel","request":1}');
  speakProtocol(last());
  expect((await ask(input('next'))).state.text).toBe('NEXT');
  expect(device.processes).toHaveLength(1);
});

test('a runner that ignores cancel is killed after 3 s, however much it goes on saying', async () => {
  device.onSpawn = (process) => {
    stuck(process);
    const reply = process.onLine;
    process.onLine = (line) => void (line.includes('"cancel"') || reply(line));
  };
  const stop = new AbortController();
  const asking = ask(input('x'), stop.signal);
  await started();
  stop.abort();
  for (let i = 0; i < 6; i++) {
    expect(last().running).toBe(true);
    last().say({ event: 'token', request: 1, text: '.' });
    await clock.advance(500);
  }
  const { state } = await asking;
  expect(state.failure).toEqual({ code: 'cancelled' });
  expect(last().killed).toBe(true);
});

test('a caller that stops listening ends the program', async () => {
  device.onSpawn = stuck;
  for await (const { kind } of runner.ask(input('x'), 0, never)) if (kind === 'text') break;
  expect(last().killed).toBe(true);
  device.onSpawn = (process) => speakProtocol(process);
  expect((await ask(input('y'))).state.text).toBe('Y');
});

test('the cable goes in the middle of an answer', async () => {
  device.onSpawn = stuck;
  const { state } = await ask(input('x'), never, ({ kind }) => {
    if (kind === 'text') device.unplug();
  });
  expect(state).toMatchObject({ is: 'failed', failure: { code: 'unplugged' } });
});

test.each<[string, Result<number>, string]>([
  ['a clean exit', ok(0), 'runner-crashed'],
  ['a segmentation fault', ok(139), 'runner-crashed'],
  ['the low memory killer', ok(137), 'runner-crashed'],
  ['an illegal instruction', ok(132), 'runner-illegal-instruction'],
  ['an adapter that lost it', fail('output-flood'), 'output-flood'],
])('%s in the middle of an answer; the next question starts anew', async (_, exit, code) => {
  device.onSpawn = (process) => speakProtocol(process, () => process.end(exit));
  expect((await ask(input('x'))).state.failure?.code).toBe(code);
  device.onSpawn = (process) => speakProtocol(process);
  expect((await ask(input('y'))).state.text).toBe('Y');
  expect(device.processes).toHaveLength(2);
});

test('a program that is not there, and one that cannot be started', async () => {
  device.onSpawn = (process) => {
    process.print('sh: llama-runner: not found\n', 'stderr');
    process.end(ok(127));
  };
  const { state } = await ask(input('x'));
  expect(state).toMatchObject({ failure: { code: 'device-file-missing' }, log: [/not found/] });
  device.spawnFailure = { code: 'stalled' };
  expect((await ask(input('x'))).state.failure?.code).toBe('stalled');
});

test('an error keeps the program, a model that does not load ends it', async () => {
  device.onSpawn = (process) =>
    speakProtocol(process, ({ request }) =>
      process.say({ event: 'error', request, code: 'context', message: 'too long' }),
    );
  expect((await ask(input('x'))).state.failure).toEqual({
    ...{ code: 'context-too-small', detail: 'too long' },
  });
  expect(last().running).toBe(true);
  device.onSpawn = (process) => process.say({ event: 'error', code: 'model', message: 'no' });
  expect((await ask(input('x', 'a', 2))).state.failure?.code).toBe('runner-load');
  expect(last().killed).toBe(true);
});

test('a protocol from the future is refused and the program ended', async () => {
  device.onSpawn = (process) => process.say({ ...READY, protocol: 2 });
  expect((await ask(input('x'))).state.failure?.code).toBe('runner-protocol');
  expect(last().killed).toBe(true);
});

test('silence of five minutes ends a run, a word in between does not', async () => {
  device.onSpawn = stuck;
  const asking = ask(input('x'));
  await started();
  await clock.advance(4 * 60_000);
  last().print('still here\n', 'stderr');
  await clock.advance(4 * 60_000);
  expect(last().running).toBe(true);
  await clock.advance(60_001);
  expect((await asking).state.failure?.code).toBe('runner-timeout');
  expect(last().killed).toBe(true);
});

test('a pipe that takes no question ends the program', async () => {
  device.onSpawn = (process) => {
    speakProtocol(process);
    process.writeResult = fail('stalled');
  };
  expect((await ask(input('x'))).state.failure?.code).toBe('stalled');
  expect(last().running).toBe(false);
});

test('times are those of the page since Run was pressed', async () => {
  await clock.advance(1000);
  device.onSpawn = () => undefined;
  const asking = ask(input('x'));
  await started();
  await clock.advance(40);
  speakProtocol(last());
  const { events } = await asking;
  expect(events.find(({ kind }) => kind === 'ready')?.atMs).toBe(40);
  expect(events).toContainEqual({
    ...{ kind: 'stat', name: 'ttft_page_ms', value: 40, source: 'page', atMs: 40 },
  });
});

test('dispose ends the program and deletes the pictures', async () => {
  await ask(input('one'));
  await ask(input('two', 'b'));
  const runs = join(device.root, 'runs');
  expect(readdirSync(runs)).toHaveLength(2);
  await runner[Symbol.asyncDispose]();
  expect(last().killed).toBe(true);
  expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
});
