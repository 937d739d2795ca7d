import { expect, test } from 'vitest';
import type { Program } from '../../../../src/adapters/virtual/process';
import type { Chunk, Command, Process } from '../../../../src/domain/device';
import { connected, NEVER, settle, valueOf } from './rig';

const HOME = '/data/local/tmp';
const command = (...argv: [string, ...string[]]): Command => ({ argv, cwd: HOME, env: {} });

/** A connected phone on which `./program` is this one. */
async function withProgram(program: Program) {
  const parts = await connected({ programs: { test: program } });
  const made = `echo '#!plugsight-wasm test 1' > ${HOME}/program; chmod 755 ${HOME}/program`;
  expect(valueOf(await parts.device.shell(made, NEVER)).exitCode).toBe(0);
  return parts;
}

async function read(process: Process): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of process.output) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly Chunk[], from: Chunk['from']) =>
  chunks.map((chunk) => (chunk.from === from ? chunk.text : '')).join('');

/** The next chunk; fails the test when there is none. */
async function nextText(process: Process): Promise<string> {
  for await (const { text } of process.output) return text;
  throw new Error('the output has ended');
}

test('arguments, environment and folder arrive as given; the pid line is taken away', async () => {
  let seen: unknown;
  const { device, phone } = await withProgram(async ({ argv, env, cwd, print, warn }) => {
    seen = { argv, cwd, a: env['A'] };
    await print('out\n');
    await warn('err\n');
    return 7;
  });
  const argv = ['./program', "it's", '$(reboot)', 'a\nb', '', '☃', '-x=y'] as const;
  const process = valueOf(await device.spawn({ argv, cwd: HOME, env: { A: '`b` "c"' } }, NEVER));
  expect(process.pid).toBeGreaterThan(1);
  const chunks = await read(process);
  expect(seen).toEqual({ argv, cwd: HOME, a: '`b` "c"' });
  expect(textOf(chunks, 'stdout')).toBe('out\n');
  expect(textOf(chunks, 'stderr')).toBe('err\n');
  expect(await process.exit).toEqual({ ok: true, value: 7 });
  await process[Symbol.asyncDispose]();
  expect(phone.processes.list()).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('126 and 127 stay numbers', async () => {
  await using device = (await connected()).device;
  const missing = valueOf(await device.spawn(command('./missing'), NEVER));
  expect(await missing.exit).toEqual({ ok: true, value: 127 });
  expect(textOf(await read(missing), 'stderr')).toContain('No such file');
  await device.shell(`echo x > ${HOME}/plain`, NEVER);
  const plain = valueOf(await device.spawn(command('./plain'), NEVER));
  expect(await plain.exit).toEqual({ ok: true, value: 126 });
});

test('what is written to stdin arrives while the program runs, in order', async () => {
  await using device = (await connected()).device;
  await using process = valueOf(await device.spawn(command('cat'), NEVER));
  for (const text of ['one\n', 'zwölf ☃\n', `${'x'.repeat(1 << 20)}\n`]) {
    expect(await process.write(text)).toEqual({ ok: true, value: undefined });
    let back = '';
    while (back.length < text.length) back += await nextText(process);
    expect(back).toBe(text);
  }
});

test('a character that is split over packets arrives whole, on each pipe', async () => {
  const { device } = await withProgram(async ({ print }) => {
    for (const byte of new TextEncoder().encode('a☃😀')) await print(new Uint8Array([byte]));
    await print(new Uint8Array([0xff]));
    return 0;
  });
  const process = valueOf(await device.spawn(command('./program'), NEVER));
  const chunks = await read(process);
  expect(textOf(chunks, 'stdout')).toBe('a☃😀\ufffd');
  await device[Symbol.asyncDispose]();
});

test('a reader may leave its loop and come back; nothing is lost', async () => {
  const { device } = await withProgram(async ({ print }) => {
    for (const word of ['one ', 'two ', 'three']) await print(word);
    return 0;
  });
  const process = valueOf(await device.spawn(command('./program'), NEVER));
  let text = '';
  for await (const chunk of process.output) {
    text += chunk.text;
    break;
  }
  await process.exit;
  expect(text + textOf(await read(process), 'stdout')).toBe('one two three');
  await device[Symbol.asyncDispose]();
});

test('leaving its scope ends a program, and only it', async () => {
  const { device, phone } = await connected();
  const other = valueOf(await device.spawn(command('cat'), NEVER));
  const process = valueOf(await device.spawn(command('sleep', '1000'), NEVER));
  expect(phone.processes.list().map(({ pid }) => pid)).toContain(process.pid);
  await process[Symbol.asyncDispose]();
  expect(phone.processes.list().map(({ pid }) => pid)).toEqual([other.pid]);
  expect(await process.exit).toEqual({ ok: true, value: 128 + 15 });
  expect(await read(process)).toEqual([]);
  await device[Symbol.asyncDispose]();
  expect(phone.processes.list()).toEqual([]);
  expect(await other.exit).toMatchObject({ ok: true });
});

test('a program that ignores SIGTERM gets SIGKILL after two seconds', async () => {
  const { device, phone, clock } = await connected();
  const process = valueOf(await device.spawn(command('sleep', '1000'), NEVER));
  const row = phone.processes.list().find(({ pid }) => pid === process.pid);
  if (!row) throw new Error('the program is not in the process table');
  const signals: number[] = [];
  const deliver = row.signal.bind(row);
  row.signal = (number) => {
    signals.push(number);
    if (number !== 15) deliver(number);
  };
  /** Each signal goes to the process group and to the pid, so it may come twice. */
  const kinds = () => [...new Set(signals.filter(Boolean))];
  let gone = false;
  void process[Symbol.asyncDispose]().then(() => (gone = true));
  for (let ms = 0; ms < 1900; ms += 100) await clock.advance(100);
  expect(gone).toBe(false);
  expect(kinds()).toEqual([15]);
  for (let ms = 0; ms < 300; ms += 100) await clock.advance(100);
  expect(gone).toBe(true);
  expect(kinds()).toEqual([15, 9]);
  expect(await process.exit).toEqual({ ok: true, value: 128 + 9 });
  await device[Symbol.asyncDispose]();
});

test('an unread flood is cut at 64 MB and the program ended', async () => {
  const { device, phone } = await connected();
  const process = valueOf(await device.spawn(command('yes', 'x'.repeat(10_000)), NEVER));
  expect(await process.exit).toMatchObject({ failure: { code: 'output-flood' } });
  await process[Symbol.asyncDispose]();
  expect(phone.processes.list()).toEqual([]);
  const kept = textOf(await read(process), 'stdout').length;
  expect(kept).toBeLessThanOrEqual(64 << 20);
  expect(kept).toBeGreaterThan(32 << 20);
  await device[Symbol.asyncDispose]();
});

test('a program that nobody reads does not hold up another', async () => {
  await using device = (await connected()).device;
  await using loud = valueOf(await device.spawn(command('yes'), NEVER));
  expect(loud.pid).toBeGreaterThan(1);
  expect(valueOf(await device.shell('echo hi', NEVER)).stdout).toBe('hi\n');
});

test('an unplug ends output, exit, a waiting write and disposing', async () => {
  const { device, usb } = await withProgram(({ killed }) => {
    // never reads its stdin
    return new Promise((resolve) => killed.addEventListener('abort', () => resolve(0)));
  });
  const process = valueOf(await device.spawn(command('./program'), NEVER));
  const output = read(process);
  const writes = [process.write('one'), process.write('two'), process.write('three')];
  await settle();
  usb.unplug();
  const unplugged = { ok: false, failure: { code: 'unplugged' } };
  expect(await process.exit).toMatchObject(unplugged);
  expect(await output).toEqual([]);
  // F3: in plain mode the second write waits for an acknowledgement that cannot come
  expect((await Promise.all(writes)).at(-1)).toMatchObject(unplugged);
  expect(await process.write('after')).toMatchObject(unplugged);
  await process[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();
});

test('writing to a program that has ended fails', async () => {
  const { device } = await withProgram(async () => 4);
  const process = valueOf(await device.spawn(command('./program'), NEVER));
  expect(await process.exit).toEqual({ ok: true, value: 4 });
  expect(await process.write('too late')).toMatchObject({ failure: { code: 'command-failed' } });
  await device[Symbol.asyncDispose]();
});

test('stopping while it starts leaves nothing running', async () => {
  const { device, phone, tap, clock } = await connected();
  // the phone's first words are held back, so that starting can be stopped
  tap.in = ({ command: name }) => (name === 'WRTE' ? 'lose' : 'pass');
  const stop = new AbortController();
  const starting = device.spawn(command('cat'), stop.signal);
  await settle();
  expect(phone.processes.list()).toHaveLength(1);
  tap.in = () => 'pass';
  stop.abort();
  await clock.advance(2000);
  expect(await starting).toMatchObject({ failure: { code: 'cancelled' } });
  await settle();
  expect(phone.processes.list()).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('a shell that does not begin with a pid is not the phone we know', async () => {
  const { device, tap } = await connected();
  // a packet of shell protocol v2: kind, four bytes of length, the bytes
  tap.alter = (payload) => {
    if (/^\d+\n$/.test(new TextDecoder().decode(payload.subarray(5))))
      payload[5] = 'x'.charCodeAt(0);
    return payload;
  };
  expect(await device.spawn(command('cat'), NEVER)).toMatchObject({
    failure: { code: 'adb-protocol' },
  });
  tap.alter = (payload) => payload;
  await device[Symbol.asyncDispose]();
});
