import { expect, test } from 'vitest';
import { connect, connected, push, start, withoutNoise } from './harness';

const HOME = '/data/local/tmp';

test.each([
  ['echo out; echo err >&2; exit 3', { stdout: 'out\n', stderr: 'err\n', exitCode: 3 }],
  ['echo \'a $b "c"\' ; true', { stdout: 'a $b "c"\n', stderr: '', exitCode: 0 }],
  ['echo Grüße 😀', { stdout: 'Grüße 😀\n', stderr: '', exitCode: 0 }],
  ['exit 255', { stdout: '', stderr: '', exitCode: 255 }],
  ['kill -9 $$; echo no', { stdout: '', stderr: '', exitCode: 137 }],
  ['kill $$', { stdout: '', stderr: '', exitCode: 143 }],
  ['kill -0 99', { stdout: '', stderr: 'sh: kill: 99: No such process\n', exitCode: 1 }],
  ['getprop ro.soc.model', { stdout: 'SM8650\n', stderr: '', exitCode: 0 }],
  ['getprop no.such.thing', { stdout: '\n', stderr: '', exitCode: 0 }],
  ['getprop ro.product.cpu.abilist', { stdout: 'wasm32\n', stderr: '', exitCode: 0 }],
  ['getprop ro.plugsight.virtual', { stdout: '1\n', stderr: '', exitCode: 0 }],
  ['nproc; id -u', { stdout: '8\n2000\n', stderr: '', exitCode: 0 }],
  [
    'sha256sum /nope',
    { stdout: '', stderr: 'sha256sum: /nope: No such file or directory\n', exitCode: 1 },
  ],
  ['ls /data', { exitCode: 2 }],
  ['no_such_command', { exitCode: 127 }],
  ['[ -w /system ] || [ -w /proc ] || [ ! -w /data/local/tmp ]', { exitCode: 1 }],
  ["echo 'open", { exitCode: 2 }],
  ['mkdir /data/x', { exitCode: 1 }],
  ['rm -rf /system', { exitCode: 1 }],
])('%s', async (script, expected) => {
  const { sh } = await connected();
  expect(await sh(script)).toMatchObject(expected);
});

test('does what an installer needs: mkdir, mv, chmod, test, stat, rm, df', async () => {
  const { adb, sh } = await connected();
  await push(adb, `${HOME}/p/tmp.1`, new TextEncoder().encode('abc'));
  const moved = await sh(
    `cd ${HOME}/p && mkdir -p files && mv -f tmp.1 files/x && chmod 755 files/x && test -x files/x && stat -c '%s %a %n' files/x`,
  );
  expect(moved).toEqual({ stdout: '3 755 files/x\n', stderr: '', exitCode: 0 });
  expect((await sh(`rm -rf ${HOME}/p && ls -A ${HOME}`)).stdout).toBe('');
  const [, row = ''] = (await sh('df -k /data')).stdout.split('\n');
  expect(row).toMatch(/^virtual +6291456 +0 +6291456 +0% \/data$/);
});

test('the fast cores can be told apart', async () => {
  const { sh } = await connected({ modelId: 'sm8750' });
  const { stdout } = await sh(
    'for c in /sys/devices/system/cpu/cpu[0-9]*; do cat $c/cpufreq/cpuinfo_max_freq; done',
  );
  expect(stdout.trim().split('\n').map(Number)).toEqual([
    ...new Array<number>(6).fill(3532800),
    ...new Array<number>(2).fill(4320000),
  ]);
  expect((await sh('cat /proc/meminfo')).stdout).toMatch(
    /^MemTotal: +\d+ kB\n[^]*MemAvailable: +\d+ kB\n/,
  );
});

test('runs a program live in the place of the shell: pid first, stdin, stdout, exit code', async () => {
  const { adb, sh } = await connected();
  const program = await start(adb, `echo $$; cd ${HOME} && exec env A=b cat`);
  const pid = (await program.next()).trim();
  expect(pid).toMatch(/^\d+$/);
  await program.write('hello');
  expect(await program.next()).toBe('hello');
  expect((await sh(`kill -0 ${pid}; echo $?; ps`)).stdout).toMatch(
    new RegExp(`^0\n[^]*${pid} +1 cat`),
  );
  await program.closeStdin();
  expect(await program.process.exited).toBe(0);
  expect((await sh(`kill -0 ${pid}`)).exitCode).toBe(1);
});

test.each([
  ['-9', 137],
  ['-15', 143],
  ['', 143],
  ['-s HUP', 129],
  ['-15 -', 143],
])('kill %s from a second shell ends a program', async (signal, exitCode) => {
  const { adb, sh } = await connected();
  const program = await start(adb, 'echo $$; exec env cat');
  const pid = (await program.next()).trim();
  expect(await sh(`kill ${signal}${signal.endsWith(' -') ? '' : ' '}${pid}`)).toEqual({
    stdout: '',
    stderr: '',
    exitCode: 0,
  });
  expect(await program.process.exited).toBe(exitCode);
});

test('closing its stream hangs a program up', async () => {
  const { adb, phone, sh } = await connected();
  const program = await start(adb, 'exec env cat');
  await program.write('here');
  expect(await program.next()).toBe('here');
  expect(phone.processes.list().map(({ name }) => name)).toEqual(['cat']);
  await program.process.kill();
  await sh('true');
  expect(phone.processes.list()).toEqual([]);
});

test('a new connection ends what ran in the old one', () =>
  withoutNoise(async () => {
    const { adb, usb, phone, sh } = await connected();
    adb.disconnected.catch(() => undefined);
    await start(adb, 'exec env cat');
    await sh('true');
    const [device] = await usb.getDevices();
    await device?.close();
    expect(phone.processes.list()).toHaveLength(1);
    await connect(usb);
    expect(phone.processes.list()).toEqual([]);
  }));

test('passes arguments exactly, and the environment', async () => {
  const seen: unknown[] = [];
  const { adb, sh } = await connected({
    programs: {
      probe: async ({ argv, cwd, env, print }) => {
        seen.push({ argv, cwd, a: env.A, none: env.NONE });
        await print('done');
        return 7;
      },
    },
  });
  await push(adb, `${HOME}/probe`, new TextEncoder().encode('#!plugsight-wasm probe 1\n'), 0o755);
  const script = `cd '${HOME}' && exec env 'A=b c' ${HOME}/probe 'it'\\''s' '$(x)' '' '😀\n*'; echo never`;
  expect(await sh(script)).toEqual({ stdout: 'done', stderr: '', exitCode: 7 });
  expect(seen).toEqual([
    { argv: [`${HOME}/probe`, "it's", '$(x)', '', '😀\n*'], cwd: HOME, a: 'b c', none: undefined },
  ]);
});

test.each([
  ['nothing there', '/data/local/tmp/none', 127],
  ['no exec bit', '/data/local/tmp/plain', 126],
  ['a folder', '/data/local/tmp', 126],
  ['a program for another machine', '/data/local/tmp/elf', 126],
])('does not start %s', async (_, path, exitCode) => {
  const { adb, sh } = await connected();
  await push(adb, `${HOME}/plain`, new TextEncoder().encode('#!plugsight-wasm probe 1\n'), 0o644);
  await push(adb, `${HOME}/elf`, new TextEncoder().encode('\x7fELF'), 0o755);
  const result = await sh(`exec env ${path}`);
  expect(result).toMatchObject({ stdout: '', exitCode });
  expect(result.stderr).toContain(path);
});

test('exec of something that only the interpreter knows still runs', async () => {
  const { sh } = await connected();
  expect(await sh('X=1; exec env A=5 sh -c "echo \\$A; exit 4"')).toEqual({
    stdout: '5\n',
    stderr: '',
    exitCode: 4,
  });
});

test('a failed cd keeps the program from starting', async () => {
  const { sh } = await connected();
  const result = await sh('echo 1; cd /nope && exec env cat');
  expect(result).toMatchObject({ stdout: '1\n', exitCode: 1 });
});

test('exec: mixes both outputs and has no exit code', async () => {
  const { adb } = await connected();
  const output = await adb.subprocess.noneProtocol.spawnWaitText('echo a; echo b >&2; exit 3');
  expect(output).toBe('a\nb\n');
});
