import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL, MMPROJ, NativeRunner, picture, programOf, whyNot, type Ask } from './native-runner';
import { questions, torchAnswers } from './questions';

const BUILD = 'x86_64';
const reason = whyNot(BUILD);
const start = (options = {}) => new NativeRunner(programOf(BUILD), options);
const ready = async (options = {}) => {
  const runner = start(options);
  await runner.expect('ready');
  return runner;
};

/** Wild enough to say many different tokens for long, the same ones for the same seed. */
const WILD: Ask = { temperature: 10, top_k: 0, top_p: 1, min_p: 0, max_tokens: 400 };
const joined = (tokens: readonly { readonly text: string }[]) =>
  tokens.map(({ text }) => text).join('');

describe.skipIf(reason)(`the native runner on this computer (${reason ?? 'built'})`, () => {
  let runner: NativeRunner;
  let folder: string;
  let greedy: string;
  /** A seed with which the model goes on for at least 200 tokens. */
  let longSeed: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugsight-runner-'));
    runner = start();
  });
  afterAll(async () => {
    await runner[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test('says what it is, before anything else', async () => {
    const { protocol, parameters, context, threads, system, model, engine } =
      await runner.expect('ready');
    expect({ protocol, parameters, context, threads }).toEqual({
      ...{ protocol: 1, parameters: 906368, context: 512, threads: 1 },
    });
    expect(system).toMatch(/^built for baseline \| CPU : .*SSE3 = 1/);
    expect(model).toMatch(/Q8_0/);
    expect(engine).toMatch(/^llama\.cpp/);
  });

  test('answers right, with figures that fit together', async () => {
    const { prompt, tokens, end, text } = await runner.put();
    greedy = text;
    expect(greedy).toBe(
      'from left to right: an orange triangle, a green triangle and a green circle on a white background.',
    );
    expect(prompt).toMatchObject({
      ...{ width: 128, height: 128, image_tokens: 64, text_tokens: 12, prompt_tokens: 76 },
    });
    if (end.event !== 'done') throw new Error(end.message);
    expect(end.finish).toBe('stop');
    expect(joined(tokens)).toBe(text);
    expect(end.tokens).toBe(tokens.length + 1); // the end of turn has no text
    const times = tokens.map(({ t_ms }) => t_ms ?? -1);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(end.first_token_ms ?? NaN);
    const first =
      (prompt?.load_image_ms ?? 0) + (prompt?.vision_ms ?? 0) + (prompt?.prefill_ms ?? 0);
    expect(end.first_token_ms).toBeGreaterThanOrEqual(first * 0.99);
    expect(end.total_ms).toBeGreaterThanOrEqual((end.first_token_ms ?? 0) + (end.decode_ms ?? 0));
    expect(end.tokens_per_s).toBeCloseTo(((end.tokens - 1) / (end.decode_ms ?? 0)) * 1000, -1);
    expect(end.peak_rss_kb).toBeGreaterThan(2000);
    expect(end.peak_rss_kb).toBeLessThan(100_000);
  });

  test('encodes a picture once, and again when the file changes', async () => {
    const path = join(folder, 'same-name.png');
    await copyFile(picture('0003.png'), path);
    const first = await runner.put({ image: path });
    const second = await runner.put({ image: path, prompt: 'Which color is the background?' });
    await copyFile(picture('0002.png'), path);
    const third = await runner.put({ image: path, prompt: 'Which color is the background?' });
    expect([first, second, third].map(({ prompt }) => prompt?.image_cached)).toEqual([
      ...[false, true, false],
    ]);
    expect(second.text).toBe('the background is gray.');
    expect(second.prompt?.vision_ms).toBeLessThan(first.prompt?.vision_ms ?? 0);
  });

  test('answers questions that wait, in order and not mixed', async () => {
    const names = ['0000.png', '0001.png', '0002.png', '0003.png'];
    const ids = names.map((name) => runner.ask({ image: picture(name) }));
    const texts: string[] = [];
    for (const id of ids) texts.push((await runner.answer(id)).text);
    expect(texts[0]).toBe(greedy);
    expect(new Set(texts).size).toBe(names.length);
  });

  test('the same seed says the same, other seeds say other things', async () => {
    const say = async (seed: number) => (await runner.put({ ...WILD, seed })).text;
    const texts: string[] = [];
    for (let seed = 1; seed <= 5; seed += 1) texts.push(await say(seed));
    expect(new Set(texts).size).toBe(5);
    expect(await say(1)).toBe(texts[0]);
    // llama.cpp takes this number for "draw a seed"; here it is one.
    expect(await say(4294967295)).toBe(await say(4294967295));
  });

  test.each<[string, Ask]>([
    ['a seed at temperature 0', { seed: 7 }],
    ['top-k 1', { ...WILD, top_k: 1 }],
    ['top-p 0', { ...WILD, top_p: 0 }],
    ['min-p 1', { ...WILD, min_p: 1 }],
  ])('%s leaves only the likeliest token', async (_, options) => {
    expect((await runner.put({ ...options, max_tokens: 128 })).text).toBe(greedy);
  });

  test('a repetition penalty changes the answer', async () => {
    expect((await runner.put({ repeat_penalty: 5 })).text).not.toBe(greedy);
  });

  test('every byte that the model says arrives as whole characters', async () => {
    // 256 of the 416 tokens are single bytes, so a wild answer is full of broken UTF-8.
    const { text, tokens } = await runner.put({ ...WILD, seed: 3 });
    expect(text).toContain('\uFFFD');
    expect(joined(tokens)).toBe(text);
  });

  test('ends at max_tokens', async () => {
    const { end, tokens } = await runner.put({ max_tokens: 3 });
    expect(end).toMatchObject({ event: 'done', finish: 'length', tokens: 3 });
    expect(joined(tokens)).toBe(greedy.slice(0, joined(tokens).length));
    expect((await runner.put({ max_tokens: 1 })).end).toMatchObject({
      ...{ finish: 'length', tokens: 1, decode_ms: 0, tokens_per_s: null },
    });
  });

  test.each([
    [[' orange'], 'from left to right: an'],
    [['right'], 'from left to '],
    [['t: an or'], 'from left to righ'], // over five tokens
    [['never', ' white', ' green'], 'from left to right: an orange triangle, a'],
    [['ground.X'], undefined], // begins like the end of the answer, and is not it
  ])('stops before %j', async (stop, expected) => {
    const { end, text, tokens } = await runner.put({ stop });
    expect(text).toBe(expected ?? greedy);
    expect(joined(tokens)).toBe(text);
    expect(end).toMatchObject({ event: 'done', finish: 'stop' });
  });

  describe('cancelling', () => {
    test('finds a long answer to cancel', async () => {
      for (longSeed = 1; longSeed < 40; longSeed += 1)
        if ((await runner.put({ ...WILD, seed: longSeed })).tokens.length >= 200) return;
      throw new Error('no seed gives a long answer');
    });

    test('ends an answer in the middle, and the next one is whole', async () => {
      const id = runner.ask({ ...WILD, seed: longSeed });
      await runner.expect('prompt');
      const first = await runner.expect('token');
      runner.send({ cmd: 'cancel', request: id });
      const { end, tokens, text } = await runner.answer(id);
      expect(end).toMatchObject({ event: 'done', finish: 'cancelled' });
      expect(text).toBe(first.text + joined(tokens));
      expect((await runner.put()).text).toBe(greedy);
    });

    test('a question that waits ends without a token; the one before it goes on', async () => {
      const [one, two] = [runner.ask({ ...WILD, seed: longSeed }), runner.ask()];
      await runner.expect('prompt');
      runner.send({ cmd: 'cancel', request: two });
      let waiting = false;
      for (;;) {
        const event = await runner.next();
        if (event.event !== 'done') continue;
        if (event.request === one) {
          expect(event.finish).not.toBe('cancelled');
          break;
        }
        waiting = true;
        expect(event).toMatchObject({ request: two, finish: 'cancelled', tokens: 0, text: '' });
        expect(event.first_token_ms).toBeNull();
      }
      expect(waiting).toBe(true);
    });

    test('at any moment leaves nothing behind: the next answer about the picture is right', async () => {
      const asked = (await questions(12)).map(({ file, prompt }) => ({
        ...{ image: picture(file), prompt },
      }));
      for (const [i, question] of asked.entries()) {
        const id = runner.ask(question);
        // Later and later: while reading the picture, encoding it, reading the prompt, writing the answer.
        await new Promise((resolve) => setTimeout(resolve, i));
        runner.send({ cmd: 'cancel', request: id });
        expect((await runner.answer(id)).end.event).toBe('done');
        expect((await runner.put(question)).text).toBe((await torchAnswers())[i]);
      }
    });

    test('an id that is unknown or finished is ignored', async () => {
      runner.send({ cmd: 'cancel', request: 1 });
      runner.send({ cmd: 'cancel', request: 999_999 });
      expect((await runner.put()).text).toBe(greedy);
    });
  });

  describe('what cannot be done is refused, and the next question is answered', () => {
    test.each([
      ['nothing', 'missing.png', undefined],
      ['no picture', 'text.png', Buffer.from('this is text')],
      ['an empty file', 'empty.png', Buffer.alloc(0)],
      ['a cut picture', 'cut.png', 'cut'],
      ['a folder', '.', undefined],
    ])('%s as a picture', async (_, name, content) => {
      const path = join(folder, name);
      if (content === 'cut')
        await writeFile(path, (await readFile(picture('0000.png'))).subarray(0, 300));
      else if (content) await writeFile(path, content);
      const { end, prompt } = await runner.put({ image: path });
      expect(end).toMatchObject({ event: 'error', code: 'image' });
      expect(prompt).toBeUndefined();
    });

    test('a question that does not fit, before any work', async () => {
      const { end, prompt } = await runner.put({ prompt: 'red circle '.repeat(300) });
      expect(end).toMatchObject({ event: 'error', code: 'context' });
      if (end.event === 'error') expect(end.message).toMatch(/\d+ tokens, the context holds 512/);
      expect(prompt).toBeUndefined();
    });

    test('the marker of the picture in a question', async () => {
      const { end } = await runner.put({ prompt: 'What is <__media__>?' });
      expect(end).toMatchObject({ event: 'error', code: 'prompt' });
    });

    const faulty = (fields: object) =>
      JSON.stringify({
        ...{ cmd: 'generate', request: 77, image: picture('0000.png'), prompt: 'x' },
        ...fields,
      });
    test.each([
      ['no JSON', '{"cmd":', null],
      ['no object', '[1]', null],
      ['an unknown command', '{"cmd":"generete"}', null],
      ['no id', faulty({ request: undefined }), null],
      ['a negative id', faulty({ request: -1 }), null],
      ['half an id', faulty({ request: 1.5 }), null],
      ['no picture', faulty({ image: '' }), 77],
      ['a number as prompt', faulty({ prompt: 7 }), 77],
      ['too hot', faulty({ temperature: 11 }), 77],
      ['a text as temperature', faulty({ temperature: '1' }), 77],
      ['no tokens', faulty({ max_tokens: 0 }), 77],
      ['top-p above 1', faulty({ top_p: 1.1 }), 77],
      ['a penalty of nothing', faulty({ repeat_penalty: 0 }), 77],
      ['a stop that is empty', faulty({ stop: [''] }), 77],
      ['17 stops', faulty({ stop: Array.from({ length: 17 }, () => 'x') }), 77],
      ['no UTF-8', Buffer.from('{"cmd":"quit\xff"}', 'latin1').toString('latin1'), null],
      ['a line of more than 1 MiB', faulty({ prompt: 'x'.repeat(1 << 20) }), null],
      ['deep nesting', '['.repeat(200_000), null],
    ])('a line with %s', async (_, line, request) => {
      runner.write(line);
      expect(await runner.expect('error')).toMatchObject({ code: 'request', request });
      expect((await runner.put()).text).toBe(greedy);
    });
  });

  test('empty lines are nothing', async () => {
    runner.write('\n  \r\n');
    expect((await runner.put()).text).toBe(greedy);
  });

  test('a long question fits, and the answer ends where the context does', async () => {
    const { prompt, end } = await runner.put({
      ...WILD,
      ...{ seed: longSeed, prompt: 'red '.repeat(400) },
    });
    expect(prompt?.text_tokens).toBeGreaterThan(400);
    if (end.event !== 'done') throw new Error(end.message);
    const room = 512 - (prompt?.prompt_tokens ?? 0);
    expect(end.tokens).toBeLessThanOrEqual(room);
    if (end.finish === 'length') expect(end.tokens).toBe(room);
  });

  test('other letters than English arrive whole', async () => {
    const { prompt, end } = await runner.put({ prompt: 'Décris l’image: 🟥 日本語?' });
    expect(end.event).toBe('done');
    expect(prompt?.text_tokens).toBeGreaterThan(30); // unknown words are bytes
  });

  test('writes the embeddings of the picture', async () => {
    const path = join(folder, 'embeddings.bin');
    await using dumping = await ready({ more: ['--dump', path] });
    const dump = async (name: string) => {
      await dumping.put({ image: picture(name), max_tokens: 1 });
      return readFile(path);
    };
    const [a, b, again] = [await dump('0000.png'), await dump('0001.png'), await dump('0000.png')];
    expect(a.length).toBe(64 * 128 * 4);
    expect(again.equals(a)).toBe(true);
    expect(b.equals(a)).toBe(false);
    const values = new Float32Array(new Uint8Array(a).buffer);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  describe('ending', () => {
    test('quit cancels, says so, and ends with 0', async () => {
      await using ending = await ready();
      const [one, two] = [ending.ask({ ...WILD, seed: longSeed }), ending.ask()];
      await ending.expect('prompt');
      ending.send({ cmd: 'quit' });
      const finishes = new Map<number, string>();
      while (finishes.size < 2) {
        const event = await ending.next();
        if (event.event === 'done') finishes.set(event.request, event.finish);
      }
      expect(finishes.get(one)).toBe('cancelled');
      expect(finishes.get(two)).toBe('cancelled');
      expect(await ending.exit).toBe(0);
    });

    test('the end of stdin lets it answer what it was asked, and ends with 0', async () => {
      await using ending = await ready();
      const ids = [ending.ask(), ending.ask()];
      ending.endInput();
      for (const id of ids) expect((await ending.answer(id)).text).toBe(greedy);
      expect(await ending.exit).toBe(0);
    });

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
      '%s cancels and says so',
      async (signal) => {
        await using ending = await ready();
        const id = ending.ask({ ...WILD, seed: longSeed });
        await ending.expect('prompt');
        ending.kill(signal);
        expect((await ending.answer(id)).end).toMatchObject({ finish: 'cancelled' });
        expect(await ending.exit).toBe(128 + { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 }[signal]);
      },
    );

    test('a signal while nothing is asked ends it', async () => {
      await using ending = await ready();
      ending.kill('SIGTERM');
      expect(await ending.exit).toBe(143);
    });
  });

  describe('models that cannot be loaded end it with 1', () => {
    test.each<[string, (dir: string) => Promise<{ model?: string; mmproj?: string }>]>([
      ['a missing file', async () => ({ model: '/missing.gguf' })],
      ['text', async (dir) => ({ model: await text(dir) })],
      ['half a model', async (dir) => ({ model: await half(dir, MODEL) })],
      ['half a vision encoder', async (dir) => ({ mmproj: await half(dir, MMPROJ) })],
      ['a vision encoder as the model', async () => ({ model: MMPROJ })],
      ['a model as the vision encoder', async () => ({ mmproj: MODEL })],
    ])('%s', async (_, files) => {
      await using broken = start(await files(folder));
      const error = await broken.expect('error');
      expect(error).toMatchObject({ code: 'model', request: null });
      expect(error.message).toMatch(/\.gguf/);
      expect(await broken.exit).toBe(1);
    });

    test.each([
      ['an unknown option', ['--fast', '1']],
      ['no number of threads', ['--threads', 'two']],
      ['no value', ['--dump']],
    ])('a command line with %s, likewise', async (_, more) => {
      await using broken = start({ more });
      expect(await broken.expect('error')).toMatchObject({ code: 'args', request: null });
      expect(await broken.exit).toBe(1);
    });
  });
});

async function text(dir: string): Promise<string> {
  const path = join(dir, 'text.gguf');
  await writeFile(path, 'not a model');
  return path;
}

async function half(dir: string, model: string): Promise<string> {
  const path = join(dir, 'half.gguf');
  const bytes = await readFile(model);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  return path;
}
