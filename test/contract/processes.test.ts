import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { killScript } from '../../src/adapters/adb/kill';
import { NEVER, valueOf } from '../unit/adapters/adb/rig';
import { expectGone, push, read, sh, start, take } from './ask';
import { HOME, onEachDevice } from './phones';

const ended = (value: number) => ({ ok: true, value });

onEachDevice('programs', (device) => {
  test('arguments, environment and folder arrive as given, pipes come apart', async () => {
    const script = 'pwd; echo "$A|$1|$2|$#"; echo err >&2; exit 7';
    const argv = ['sh', '-c', script, 'sh', "it's $(x)", 'a\nb', '☃'] as const;
    const process = valueOf(
      await device().spawn({ argv, cwd: HOME, env: { A: '`b` "c"' } }, NEVER),
    );
    expect(process.pid).toBeGreaterThan(1);
    expect(await read(process)).toEqual({
      stdout: `${HOME}\n\`b\` "c"|it's $(x)|a\nb|3\n`,
      stderr: 'err\n',
    });
    expect(await process.exit).toEqual(ended(7));
  });

  test.each([
    ['is not there', './missing', 127],
    ['may not run', './plain', 126],
    ['is a folder', './folder', 126],
  ])('a program that %s', async (_, program, exitCode) => {
    await sh(device(), `cd ${HOME}; echo x > plain; mkdir -p folder`);
    const process = await start(device(), program);
    expect((await read(process)).stderr).toContain(program);
    expect(await process.exit).toEqual(ended(exitCode));
  });

  test('a folder that is not there keeps the program from starting', async () => {
    const argv = ['cat'] as const;
    const process = valueOf(await device().spawn({ argv, cwd: '/nowhere', env: {} }, NEVER));
    expect((await read(process)).stderr).toContain('/nowhere: No such file or directory');
    const exit = valueOf(await process.exit);
    expect(exit).toBeGreaterThan(0);
    expect(exit).toBeLessThan(3);
  });

  test('stdin arrives while the program runs, in order, up to 1 MB at once', async () => {
    await using process = await start(device(), 'cat');
    for (const text of ['one\n', 'zwölf ☃\n', `${'x'.repeat(1 << 20)}\n`]) {
      expect(await process.write(text)).toMatchObject({ ok: true });
      expect(await take(process, text.length)).toBe(text);
    }
  });

  test('several at once do not hear each other, and end on their own', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const processes = await Promise.all(names.map(() => start(device(), 'cat')));
    await Promise.all(processes.map((process, i) => process.write(`${names[i] ?? ''}\n`)));
    const said = await Promise.all(processes.map((process) => take(process, 2)));
    expect(said).toEqual(names.map((name) => `${name}\n`));
    const [first, ...others] = processes;
    await first?.[Symbol.asyncDispose]();
    await Promise.all(others.map((process) => process.write('still here\n')));
    for (const process of others) expect(await take(process, 11)).toBe('still here\n');
    await Promise.all(others.map((process) => process[Symbol.asyncDispose]()));
    for (const { pid } of processes) await expectGone(device(), pid);
  });

  test('leaving its scope ends a program; its exit says how', async () => {
    const process = await start(device(), 'sleep', '4711');
    await process[Symbol.asyncDispose]();
    expect(await process.exit).toEqual(ended(128 + 15));
    await expectGone(device(), process.pid);
  });

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['HUP', 129],
  ])('SIG%s from another shell', async (signal, exitCode) => {
    const process = await start(device(), 'sleep', '4711');
    expect((await sh(device(), `kill -${signal} ${process.pid}`)).exitCode).toBe(0);
    expect(await process.exit).toEqual(ended(exitCode));
  });

  test("the product's own script ends a whole process group", async () => {
    const process = await start(device(), 'sleep', '4711');
    expect((await sh(device(), `kill -0 -${process.pid}`)).exitCode).toBe(0);
    await sh(device(), killScript(15, process.pid));
    expect(await process.exit).toEqual(ended(143));
    const again = await sh(device(), killScript(9, process.pid));
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(new RegExp(`kill: ${process.pid}: No such process`));
  });

  test('a program that nobody reads does not hold up another', async () => {
    await using loud = await start(device(), 'yes');
    expect(loud.pid).toBeGreaterThan(1);
    expect((await sh(device(), 'echo hi')).stdout).toBe('hi\n');
  });

  test('writing to a program that has ended fails', async () => {
    const process = await start(device(), 'true');
    await process.exit;
    expect(await process.write('late')).toMatchObject({ failure: { code: 'command-failed' } });
  });

  test('50 MB in one line arrive whole', { timeout: 60_000 }, async () => {
    const piece = new TextEncoder().encode('0123456789abcdef'.repeat(1 << 16));
    const bytes = new Uint8Array(50 << 20).map((_, i) => piece[i % piece.length] ?? 0);
    valueOf(await push(device(), `${HOME}/line`, bytes));
    const process = await start(device(), 'cat', 'line');
    const hash = createHash('sha256');
    for await (const { text } of process.output) hash.update(text);
    expect(await process.exit).toEqual(ended(0));
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(hash.digest('hex')).toBe(digest);
    expect((await sh(device(), `cd ${HOME}; sha256sum line; rm line`)).stdout).toBe(
      `${digest}  line\n`,
    );
  });
});
