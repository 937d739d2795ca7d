import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { EngineFault, type AnswerPart, type Engine } from '../../../../src/adapters/virtual/engine';
import { llamaRunner } from '../../../../src/adapters/virtual/runner';
import { RunnerEventSchema, type GenerateRequest } from '../../../../src/domain/runner-protocol';
import { connected, push, start } from './harness';

const HOME = '/data/local/tmp';
const payload = (path: string) => new Uint8Array(readFileSync(`device-payload/${path}`));
const COMMAND = `echo $$; cd ${HOME} && exec env ${HOME}/llama-runner --model ${HOME}/l --mmproj ${HOME}/v --threads 2 --ctx 512 --serve`;

type Answer = (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<AnswerPart>;

/** Says the prompt's words back. */
const echo: Answer = async function* ({ prompt }) {
  const figures = { width: 4, height: 3, image_tokens: null, text_tokens: null };
  yield { kind: 'prompt', figures: { ...figures, prompt_tokens: 9, prefill_ms: 2 } };
  const words = prompt.split(' ');
  for (const text of words) yield { kind: 'token', id: null, text };
  yield { kind: 'end', finish: 'stop', tokens: words.length + 1, decodeMs: 6 };
};

/** A phone with the bundle's own runner file and model, and an engine that answers as told. */
async function phoneWith(answer: Answer = echo) {
  const log = { loads: 0, closed: 0, images: [] as number[] };
  const options: Parameters<typeof connected>[0] & object = {
    programs: {
      'llama-runner': llamaRunner({
        clock: { now: () => performance.now(), sleep: async () => undefined },
        answerBegins: () => undefined,
        tokenSaid: () => undefined,
        load: async ({ context }): Promise<Engine> => {
          log.loads += 1;
          const facts = { engine: 'test engine', model: 'm', parameters: null, system: null };
          return {
            facts: { ...facts, context, threads: 1, cores: 2 },
            answer: (request, image, signal) => {
              log.images.push(image.size);
              return answer(request, signal);
            },
            close: () => (log.closed += 1),
          };
        },
      }),
    },
  };
  const phone = await connected(options);
  await push(phone.adb, `${HOME}/llama-runner`, payload('llama-runner/wasm32/llama-runner'), 0o755);
  await push(phone.adb, `${HOME}/l`, payload('tiny-vlm/language.gguf'));
  await push(phone.adb, `${HOME}/v`, payload('tiny-vlm/vision.gguf'));
  await push(phone.adb, `${HOME}/i`, new Uint8Array(77));
  return { ...phone, log };
}

/** Starts the runner and checks every line of its stdout against the protocol's schema. */
async function run(adb: Parameters<typeof start>[0], command = COMMAND) {
  const program = await start(adb, command);
  let text = '';
  const line = async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf('\n');
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 1);
        return found;
      }
      const more = await program.next();
      if (!more) throw new Error(`the program ended after "${text}"`);
      text += more;
    }
  };
  const pid = await line();
  const event = async () => v.parse(RunnerEventSchema, JSON.parse(await line()));
  const ask = (request: object) => program.write(`${JSON.stringify(request)}\n`);
  return { ...program, pid, event, ask };
}
const generate = (request: number, prompt = 'a b c') => ({
  ...{ cmd: 'generate', request, image: `${HOME}/i`, prompt },
});

test('loads once, says so, and answers question after question', async () => {
  const { adb, log } = await phoneWith();
  const runner = await run(adb);
  expect(await runner.event()).toMatchObject({
    ...{ event: 'ready', protocol: 1, engine: 'test engine', context: 512, threads: 1 },
    ...{ bytes: 976160 + 992352, load_vision_ms: null },
  });
  for (const request of [1, 2]) {
    await runner.ask(generate(request));
    const figures = { width: 4, height: 3, prompt_tokens: 9, prefill_ms: 2, vision_ms: null };
    expect(await runner.event()).toMatchObject({ event: 'prompt', request, ...figures });
    for (const text of ['a', 'b', 'c'])
      expect(await runner.event()).toMatchObject({ event: 'token', request, text });
    const done = await runner.event();
    if (done.event !== 'done') throw new Error(`got ${done.event}`);
    expect(done).toMatchObject({ request, finish: 'stop', text: 'abc', tokens: 4 });
    expect(done.peak_rss_kb).toBeNull();
    expect(done.first_token_ms).toBeLessThanOrEqual(done.total_ms ?? 0);
    expect(done).toMatchObject({ decode_ms: 6, tokens_per_s: 500 });
  }
  await runner.ask({ cmd: 'quit' });
  expect(await runner.process.exited).toBe(0);
  expect(await runner.stderr).toBe('threads: 1 of 2: WASM without shared memory\n');
  expect(log).toEqual({ loads: 1, closed: 1, images: [77, 77] });
});

test('a cancel ends the running answer, and one that waits; others are answered', async () => {
  const { adb } = await phoneWith(async function* (_, signal) {
    yield { kind: 'token', id: 1, text: 'x' };
    if (!signal.aborted)
      await new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    yield { kind: 'end', finish: 'cancelled', tokens: 1, decodeMs: null };
  });
  const runner = await run(adb);
  await runner.event();
  for (const request of [1, 2]) await runner.ask(generate(request));
  expect(await runner.event()).toMatchObject({ event: 'token', request: 1 });
  for (const request of [99, 2, 1]) await runner.ask({ cmd: 'cancel', request });
  expect(await runner.event()).toMatchObject({ event: 'done', request: 1, finish: 'cancelled' });
  expect(await runner.event()).toMatchObject({ event: 'token', request: 2 });
  expect(await runner.event()).toMatchObject({ event: 'done', request: 2, finish: 'cancelled' });
  await runner.ask(generate(3));
  await runner.event();
  await runner.ask({ cmd: 'quit' });
  expect(await runner.event()).toMatchObject({ event: 'done', request: 3, finish: 'cancelled' });
  expect(await runner.process.exited).toBe(0);
});

test('the end of stdin ends it after the waiting questions are answered', async () => {
  const { adb } = await phoneWith();
  const runner = await run(adb);
  await runner.event();
  for (const request of [1, 2]) await runner.ask(generate(request, 'a'));
  await runner.closeStdin();
  const events = [];
  for (let i = 0; i < 6; i += 1) events.push((await runner.event()).event);
  expect(events).toEqual(['prompt', 'token', 'done', 'prompt', 'token', 'done']);
  expect(await runner.process.exited).toBe(0);
});

test('refuses what is wrong and goes on', async () => {
  const { adb } = await phoneWith(async function* ({ prompt }) {
    if (prompt === 'long') throw new EngineFault('context', 'too long');
    yield { kind: 'end', finish: 'stop', tokens: 1, decodeMs: null };
  });
  const runner = await run(adb);
  await runner.event();
  await runner.write('no json\n\n{"cmd":"generate","request":5}\n{"cmd":"dance"}\n');
  expect(await runner.event()).toMatchObject({ code: 'request', request: null });
  expect(await runner.event()).toMatchObject({ code: 'request', request: 5 });
  expect(await runner.event()).toMatchObject({ code: 'request', request: null });
  await runner.ask({ ...generate(6), image: `${HOME}/none` });
  expect(await runner.event()).toMatchObject({
    ...{ event: 'error', request: 6, code: 'image' },
    message: `${HOME}/none: No such file or directory`,
  });
  await runner.ask(generate(7, 'long'));
  expect(await runner.event()).toMatchObject({ request: 7, code: 'context', message: 'too long' });
  await runner.ask(generate(8));
  expect(await runner.event()).toMatchObject({ event: 'done', request: 8, text: '' });
});

test('a crash of the engine ends the program, as an abort would', async () => {
  const { adb, log } = await phoneWith(async function* () {
    yield { kind: 'token', id: 1, text: 'x' };
    throw new EngineFault('internal', 'out of bounds', true);
  });
  const runner = await run(adb);
  await runner.event();
  await runner.ask(generate(1));
  await runner.event();
  expect(await runner.event()).toMatchObject({ code: 'internal', request: 1 });
  expect(await runner.process.exited).toBe(134);
  expect(log.closed).toBe(1);
});

test('a kill closes the engine in the middle of an answer', async () => {
  const { adb, sh, log } = await phoneWith(async function* () {
    yield { kind: 'token', id: 1, text: 'x' };
    await new Promise(() => undefined);
  });
  const runner = await run(adb);
  await runner.event();
  await runner.ask(generate(1));
  await runner.event();
  await sh(`kill -9 ${runner.pid}`);
  expect(await runner.process.exited).toBe(137);
  expect(log.closed).toBe(1);
});

test.each([
  ['no model file', '--model /nope --mmproj /nope', 'model', '/nope: No such file or directory'],
  ['a file that is no GGUF', `--model ${HOME}/i --mmproj ${HOME}/v`, 'model', 'is not a GGUF'],
  ['swapped files', `--model ${HOME}/v --mmproj ${HOME}/l`, 'model', 'is no language model'],
  ['two language models', `--model ${HOME}/l --mmproj ${HOME}/l`, 'model', 'is no vision model'],
  ['no arguments', '', 'args', '--model and --mmproj are needed'],
  ['an unknown argument', '--fast', 'args', 'unknown argument "--fast"'],
  ['no value', '--model', 'args', '--model needs a value'],
  ['nonsense threads', '--model a --mmproj b --threads x', 'args', '--threads must be'],
])('ends with exit code 1 and one error: %s', async (_, args, code, message) => {
  const { adb, log } = await phoneWith();
  const runner = await run(adb, `echo $$; exec env ${HOME}/llama-runner ${args}`);
  const event = await runner.event();
  expect(event).toMatchObject({ event: 'error', request: null, code });
  expect('message' in event && event.message).toContain(message);
  expect(await runner.process.exited).toBe(1);
  expect(log.loads).toBe(0);
});
