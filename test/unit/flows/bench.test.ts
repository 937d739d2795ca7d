import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Command } from '../../../src/domain/device';
import type { OutputParser, StepPipeline } from '../../../src/domain/pipeline';
import { ok, type Result } from '../../../src/domain/result';
import type { ParsedEvent, RunEvent } from '../../../src/domain/run';
import { PhoneBench } from '../../../src/flows/bench';
import { Runner } from '../../../src/flows/run';
import { Sent } from '../../../src/flows/sent';
import { llamaRunner } from '../../../src/pipelines/llama-runner';
import { FakeClock, settle } from '../../fakes/clock';
import { FakeDevice } from '../../fakes/device';
import { NO_TOOLS } from '../../fakes/host-tools';
import type { FakeProcess } from '../../fakes/process';

let device: FakeDevice;
let stop: AbortController;
const clock = new FakeClock();
beforeEach(() => {
  device = new FakeDevice();
  stop = new AbortController();
});
afterEach(() => device[Symbol.asyncDispose]());

async function open(): Promise<PhoneBench> {
  const phone = { device, clock, sent: new Sent(device) };
  const bench = await PhoneBench.open(phone, { run: 'run-1', state: 'state' }, stop.signal);
  if (!bench.ok) throw new Error(bench.failure.detail);
  return bench.value;
}
const command: Command = { argv: ['/x/program'], cwd: '/x', env: {} };

/** Says everything it is given, and at the end which code and files. */
const echo = (): OutputParser => ({
  push: (text) => [{ kind: 'text', text }],
  end: (exitCode, files) => [
    { kind: 'log', line: `${exitCode} ${JSON.stringify(files)}` },
    { kind: 'end', finish: 'stop' },
  ],
});

async function collect<T>(events: AsyncGenerator<ParsedEvent, T, void>) {
  const seen: ParsedEvent[] = [];
  for (;;) {
    const step = await events.next();
    if (step.done) return { seen, result: step.value };
    seen.push(step.value);
  }
}

test('a run begins in an empty folder and leaves none', async () => {
  const bench = await open();
  writeFileSync(`${device.here(bench.dir)}/stale`, 'old');
  await using again = await open();
  expect(existsSync(`${device.here(again.dir)}/stale`)).toBe(false);
  expect(await again.put('sub/ids.raw', new Uint8Array([1, 2, 3]))).toEqual(
    ok(`${again.dir}/sub/ids.raw`),
  );
  expect(await again.size('sub/ids.raw')).toEqual(ok(3));
  expect(await again.size('none')).toEqual(ok(undefined));
  expect(await again.contains('sub/ids.raw', '\u0002')).toEqual(ok(true));
  expect(await again.contains('sub/ids.raw', 'x')).toEqual(ok(false));
  expect((await again.contains('none', 'x')).ok).toBe(false);
  expect(await again.head('sub/ids.raw', 2)).toMatchObject(ok(Buffer.from([1, 2])));
  expect(await again.head('sub/ids.raw', 9)).toMatchObject(ok(Buffer.from([1, 2, 3])));
  expect((await again.head('none', 9)).ok).toBe(false);
  expect(await again.remove('sub/ids.raw')).toEqual(ok());
  expect(await again.remove('sub/ids.raw')).toEqual(ok());
  expect(await again.size('sub/ids.raw')).toEqual(ok(undefined));
  await again[Symbol.asyncDispose]();
  expect(existsSync(device.here(again.dir))).toBe(false);
  expect(existsSync(device.here(again.stateDir))).toBe(true);
});

test('the parser hears the output, the exit code and the result files that exist', async () => {
  await using bench = await open();
  device.onSpawn = (process) => {
    process.print('he');
    writeFileSync(`${device.here(bench.dir)}/out.txt`, 'answer');
    process.end(ok(3));
  };
  const { seen, result } = await collect(
    bench.exec(command, echo(), { files: ['out.txt', 'missing.txt'] }),
  );
  expect(seen).toEqual([
    { kind: 'text', text: 'he' },
    { kind: 'log', line: '3 {"out.txt":"answer"}' },
    { kind: 'end', finish: 'stop' },
  ]);
  expect(result).toEqual(ok(3));
  expect(bench.commands).toEqual([command]);
});

test('a failure that the parser sees is the result, and ends the program', async () => {
  await using bench = await open();
  device.onSpawn = (process) => process.print('x');
  const parser: OutputParser = {
    push: () => [{ kind: 'failed', failure: { code: 'runner-load', detail: 'no' } }],
    end: () => [],
  };
  const { seen, result } = await collect(bench.exec(command, parser));
  expect(seen).toEqual([]);
  expect(result).toEqual({ ok: false, failure: { code: 'runner-load', detail: 'no' } });
  expect(device.processes[0]?.killed).toBe(true);
});

test('aborting kills at once, or interrupts first where the answer then ends in order', async () => {
  await using bench = await open();
  const abortAfterText = async (interrupt: boolean, set: (process: FakeProcess) => void) => {
    device.onSpawn = (process) => {
      process.print('half');
      set(process);
    };
    const events = bench.exec(command, echo(), { interrupt });
    expect(await events.next()).toEqual({ done: false, value: { kind: 'text', text: 'half' } });
    stop.abort();
    return collect(events);
  };
  const polite = await abortAfterText(
    true,
    (process) => (process.onInterrupt = () => process.end(ok(0))),
  );
  expect(polite.seen.at(-1)).toEqual({ kind: 'end', finish: 'cancelled' });
  expect(polite.result).toEqual(ok(0));
  expect(device.processes[0]?.killed).toBe(false);

  stop = new AbortController();
  await using next = await open();
  device.onSpawn = (process) => process.print('half');
  const events = next.exec(command, echo());
  await events.next();
  stop.abort();
  const rude = await collect(events);
  expect(rude.result).toEqual({ ok: false, failure: { code: 'cancelled' } });
  expect(device.processes[1]?.killed).toBe(true);
});

test('a program that prints without end is stopped', async () => {
  await using bench = await open();
  const megabyte = 'x'.repeat(1 << 20);
  device.onSpawn = (process) => {
    for (let i = 0; i < 65; i++) process.print(megabyte);
  };
  const quiet: OutputParser = { push: () => [], end: () => [] };
  const { result } = await collect(bench.exec(command, quiet));
  expect(result).toMatchObject({ failure: { code: 'output-flood' } });
});

const steps = (
  run: StepPipeline['run'],
  budget: Result<never> | undefined = undefined,
): StepPipeline => ({
  ...llamaRunner,
  kind: 'steps',
  budget: async () =>
    budget ?? ok({ imageTokens: 1, promptTokens: 2, promptLimit: 3, answerTokens: 1, exact: true }),
  run,
});
const file = { path: 'x', bytes: 1, sha256: '1'.repeat(64), mode: '644', url: 'x' } as const;
const bundle = {
  manifest: {
    ...{ schema: 'plugsight-bundle/1', id: 'm', version: '1', title: 'm', kind: 'model' },
    ...{ licence: 'MIT', pipelines: ['x'], requires: {} },
    files: [{ ...file, role: 'language' }],
  },
  dir: '/m',
  files: [{ ...file, role: 'language' }],
} as const;

async function ask(pipeline: StepPipeline) {
  await using runner = new Runner(device, clock, NO_TOOLS);
  const setup = { runner: bundle, model: bundle, options: {}, bigCores: 1, env: {} };
  const input = { outputs: [] } as never;
  const run = { pipeline, setup, input, prompt: 'q', options: {} } as never;
  const events: RunEvent[] = [];
  for await (const event of runner.ask(run, clock.now(), stop.signal)) events.push(event);
  await settle();
  return { events, commands: runner.commands };
}

test('steps run on a bench, and their commands reach the report', async () => {
  device.onSpawn = (process) => process.end(ok(0));
  let dir = '';
  const { events, commands } = await ask(
    steps(async function* (_job, _budget, bench) {
      dir = bench.dir;
      const ran = yield* bench.exec(command, echo());
      return ran.ok ? ok() : ran;
    }),
  );
  expect(events.at(-1)).toMatchObject({ kind: 'end', finish: 'stop' });
  expect(commands).toEqual([command]);
  expect(existsSync(device.here(dir))).toBe(false);
});

test('a prompt that does not fit is refused before anything is sent', async () => {
  const refused = { ok: false, failure: { code: 'context-too-small', detail: '9 of 8' } } as const;
  const { events } = await ask(
    steps(async function* () {
      yield { kind: 'text', text: 'never' };
      return ok();
    }, refused),
  );
  expect(events).toMatchObject([{ kind: 'failed', failure: refused.failure }]);
  expect(device.scripts).toEqual([]);
});

test('what a step reads back is what the phone has', async () => {
  await using bench = await open();
  await bench.put('raw', 'text');
  const got = await bench.get('raw', 100);
  expect(got.ok && new TextDecoder().decode(got.value)).toBe('text');
  expect(readFileSync(device.here(`${bench.dir}/raw`), 'utf8')).toBe('text');
});

test('a refused question names no command, not even that of the question before', async () => {
  device.onSpawn = (process) => process.end(ok(0));
  const refused = { ok: false, failure: { code: 'context-too-small' } } as const;
  const once = async function* (...[, , bench]: Parameters<StepPipeline['run']>) {
    const ran = yield* bench.exec(command, echo());
    return ran.ok ? ok() : ran;
  };
  await using runner = new Runner(device, clock, NO_TOOLS);
  const setup = { runner: bundle, model: bundle, options: {}, bigCores: 1, env: {} };
  for (const [pipeline, count] of [
    [steps(once), 1],
    [steps(once, refused), 0],
  ] as const) {
    const run = { pipeline, setup, input: { outputs: [] }, prompt: 'q', options: {} } as never;
    for await (const event of runner.ask(run, clock.now(), stop.signal)) void event;
    expect(runner.commands).toHaveLength(count);
  }
});
