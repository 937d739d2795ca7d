import { expect, test } from 'vitest';
import { MAX_CAPTURE_BYTES } from '../../../../src/domain/device';
import { connected, NEVER, settle, valueOf } from './rig';

test('stdout, stderr and the exit code of a script come apart', async () => {
  await using device = (await connected()).device;
  expect(await device.shell('echo out; echo err >&2; exit 3', NEVER)).toEqual({
    ok: true,
    value: { stdout: 'out\n', stderr: 'err\n', exitCode: 3 },
  });
  expect(valueOf(await device.shell('no_such_command', NEVER)).exitCode).toBe(127);
});

test('a script may have blanks, quotes and lines; NUL is a bug', async () => {
  await using device = (await connected()).device;
  const script = `a='  two  blanks'\nprintf '%s|' "$a" "it's" "☃"`;
  expect(valueOf(await device.shell(script, NEVER)).stdout).toBe("  two  blanks|it's|☃|");
  await expect(device.shell('a\0b', NEVER)).rejects.toThrow('NUL');
});

test('a script larger than an argument can be is refused here', async () => {
  await using device = (await connected()).device;
  expect(await device.shell(`: ${'x'.repeat(128 << 10)}`, NEVER)).toMatchObject({
    failure: { code: 'command-failed' },
  });
});

test('a command that reads stdin sees its end', async () => {
  await using device = (await connected()).device;
  expect(valueOf(await device.shell('exec cat', NEVER))).toMatchObject({ stdout: '', exitCode: 0 });
});

test('output over the cap is a flood, and the command ends', async () => {
  const { device, phone } = await connected();
  expect(await device.shell('exec yes', NEVER)).toEqual({
    ok: false,
    failure: { code: 'output-flood', detail: `more than ${MAX_CAPTURE_BYTES} bytes` },
  });
  await settle();
  expect(phone.processes.list()).toEqual([]);
  expect(valueOf(await device.shell('echo still here', NEVER)).stdout).toBe('still here\n');
  await device[Symbol.asyncDispose]();
});

test('stopping ends the command', async () => {
  const { device, phone } = await connected();
  const stop = new AbortController();
  const running = device.shell('exec sleep 1000', stop.signal);
  await settle();
  expect(phone.processes.list()).toHaveLength(1);
  stop.abort();
  expect(await running).toMatchObject({ failure: { code: 'cancelled' } });
  await settle();
  expect(phone.processes.list()).toEqual([]);
  expect(await device.shell('echo no', stop.signal)).toMatchObject({
    failure: { code: 'cancelled' },
  });
  await device[Symbol.asyncDispose]();
});

test('F1: an unplug while the phone owes the answer to OPEN ends the wait', async () => {
  const { device, tap, usb } = await connected();
  tap.out = ({ command }) => (command === 'OPEN' ? 'lose' : 'pass');
  const running = device.shell('echo never', NEVER);
  await settle();
  usb.unplug();
  expect(await running).toMatchObject({ failure: { code: 'unplugged' } });
  expect(await device.gone).toMatchObject({ code: 'unplugged' });
});

test('F4: an unplug while a command runs is not its end', async () => {
  const { device, usb } = await connected();
  const running = device.shell('exec sleep 1000', NEVER);
  await settle();
  usb.unplug();
  expect(await running).toMatchObject({ failure: { code: 'unplugged' } });
});

test('a phone that never answers OPEN has stalled after 30 s; a late answer is closed', async () => {
  const { device, tap, clock, phone } = await connected();
  tap.in = ({ command }) => (command === 'OKAY' ? 'lose' : 'pass');
  let result: unknown;
  void device.shell('exec sleep 1000', NEVER).then((value) => (result = value));
  await clock.advance(29_999);
  expect(result).toBeUndefined();
  await clock.advance(1);
  expect(result).toMatchObject({ failure: { code: 'stalled' } });
  expect(phone.processes.list()).toHaveLength(1);
  await device[Symbol.asyncDispose]();
});

test('after an unplug every call says so, and closing is safe', async () => {
  const { device, usb } = await connected();
  usb.unplug();
  await device.gone;
  const unplugged = { ok: false, failure: { code: 'unplugged' } };
  expect(await device.shell('echo no', NEVER)).toMatchObject(unplugged);
  expect(await device.pull('/x', 1, NEVER)).toMatchObject(unplugged);
  const command = { argv: ['cat'], cwd: '/', env: {} } as const;
  expect(await device.spawn(command, NEVER)).toMatchObject(unplugged);
  await device[Symbol.asyncDispose]();
  await device[Symbol.asyncDispose]();
});
