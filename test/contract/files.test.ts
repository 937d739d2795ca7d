import { expect, test } from 'vitest';
import type { Device } from '../../src/domain/device';
import type { FailureCode } from '../../src/domain/failure';
import { NEVER, pushAll, valueOf } from '../unit/adapters/adb/rig';
import { pattern, push, sh } from './ask';
import { HOME, onEachDevice, onEachPhone, openDevice } from './phones';

const KIB = 1024;
const SIZES = [
  ...[0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1],
  ...[256 * KIB, 256 * KIB + 1, 1024 * KIB, 1024 * KIB + 1, 5_000_000],
];
const NAMES = ['a b', 'ünï ☃ 😀', 'new\nline', "it's", '-n', '.hidden', 'tab\t', 'a,0644', '$(x)'];
const X = new Uint8Array([120]);

const sizesOf = (device: Device, names: string) =>
  sh(device, `cd ${HOME} && stat -c '%n %s %a %F' ${names}`);

onEachDevice('files', (device) => {
  test.each(SIZES)('%i bytes come back as they went', async (size) => {
    const bytes = pattern(size);
    valueOf(await push(device(), `${HOME}/file`, bytes));
    const back = valueOf(await device().pull(`${HOME}/file`, size, NEVER));
    expect(Buffer.compare(back, bytes)).toBe(0);
  });

  test.each(NAMES)('a file named %j', async (name) => {
    const path = `${HOME}/names/${name}`;
    valueOf(await push(device(), path, new TextEncoder().encode(name)));
    const back = valueOf(await device().pull(path, 100, NEVER));
    expect(new TextDecoder().decode(back)).toBe(name);
  });

  // adbd gives group and others what the owner has
  test.each([
    [0o644, '666'],
    [0o755, '777'],
    [0o600, '666'],
    [0o400, '444'],
    [0o100, '111'],
    [0o000, '0'],
  ])('mode %o becomes %s', async (mode, seen) => {
    valueOf(await push(device(), `${HOME}/mode`, X, mode));
    expect((await sizesOf(device(), 'mode')).stdout).toBe(`mode 1 ${seen} regular file\n`);
  });

  test('missing folders are made', async () => {
    valueOf(await push(device(), `${HOME}/one/two/three`, X));
    expect((await sizesOf(device(), 'one one/two one/two/three')).stdout).toMatch(
      /^one \d+ 775 directory\none\/two \d+ 775 directory\none\/two\/three 1 666 regular file\n$/,
    );
  });

  test('a file in the way is replaced, also a read-only one; a link itself, not its target', async () => {
    await sh(
      device(),
      `cd ${HOME}; echo old > target; echo old > ro; chmod 444 ro; ln -s target lnk`,
    );
    for (const name of ['ro', 'lnk']) valueOf(await push(device(), `${HOME}/${name}`, X));
    expect((await sh(device(), `cd ${HOME}; cat target ro lnk; stat -c %F lnk`)).stdout).toBe(
      'old\nxxregular file\n',
    );
  });

  test.each<[string, string, FailureCode]>([
    ['onto a folder', `${HOME}/taken`, 'device-denied'],
    ['under a file', `${HOME}/taken-file/x`, 'device-denied'],
    ['onto a name with a slash', `${HOME}/slash/`, 'device-denied'],
    ['where nobody may write', '/system/x', 'device-denied'],
    ['into a folder that cannot be made', '/nowhere/x', 'device-denied'],
    ['with a name of 256 letters', `${HOME}/${'n'.repeat(256)}`, 'command-failed'],
  ])('a push %s fails and leaves nothing', async (_, path, code) => {
    await sh(device(), `cd ${HOME}; mkdir -p taken; echo x > taken-file`);
    const before = await sh(device(), `ls -a ${HOME} ${HOME}/taken`);
    expect(await push(device(), path, pattern(300_000))).toMatchObject({ failure: { code } });
    expect(await sh(device(), `ls -a ${HOME} ${HOME}/taken`)).toEqual(before);
    expect((await sh(device(), `cat ${HOME}/taken-file`)).stdout).toBe('x\n');
  });

  test('a path of 1024 bytes is taken, a longer one refused', async () => {
    const path = `${HOME}/${'n/'.repeat(490)}`;
    valueOf(await push(device(), path.padEnd(1024, 'n'), X));
    expect(await push(device(), path.padEnd(1025, 'n'), X)).toMatchObject({
      failure: {
        code: 'command-failed',
        detail: expect.stringContaining('path too long') as string,
      },
    });
  });

  test.each<[string, string, FailureCode]>([
    ['that is not there', `${HOME}/none`, 'device-file-missing'],
    ['under a file', `${HOME}/small/x`, 'device-denied'],
    ['that is a folder', HOME, 'device-denied'],
    ['that may not be read', `${HOME}/secret`, 'device-denied'],
    ['larger than allowed', `${HOME}/big`, 'output-flood'],
  ])('a pull of something %s fails; the next one works', async (_, path, code) => {
    await sh(device(), `cd ${HOME}; echo x > small; echo x > secret; chmod 000 secret`);
    valueOf(await push(device(), `${HOME}/big`, pattern(1 << 20)));
    expect(await device().pull(path, (1 << 20) - 1, NEVER)).toMatchObject({ failure: { code } });
    expect(valueOf(await device().pull(`${HOME}/small`, 2, NEVER))).toHaveLength(2);
  });

  test('a pull follows links, and reads what has no size', async () => {
    await sh(device(), `cd ${HOME}; echo linked > aim; ln -sf aim to-aim`);
    const linked = valueOf(await device().pull(`${HOME}/to-aim`, 100, NEVER));
    expect(new TextDecoder().decode(linked)).toBe('linked\n');
    const made = valueOf(await device().pull('/proc/meminfo', 1 << 20, NEVER));
    expect(new TextDecoder().decode(made)).toMatch(/^MemTotal: +\d+ kB\n/);
  });

  test('a push that is stopped in the middle leaves nothing, and the connection goes on', async () => {
    const stop = new AbortController();
    const path = `${HOME}/stopped`;
    const pushing = device().push({ path, source: endless(), mode: 0o644 }, stop.signal);
    let sent = 0;
    while (sent < 1_000_000) sent = Number((await pushing.next()).value);
    await sh(device(), `until [ -s ${path} ]; do sleep 0.05; done`);
    stop.abort();
    expect((await pushAll(pushing)).result).toMatchObject({ failure: { code: 'cancelled' } });
    await expectMissing(device(), path);
  });

  test('a pull that is stopped is cancelled, and the connection goes on', async () => {
    valueOf(await push(device(), `${HOME}/long`, pattern(8 << 20)));
    const stop = new AbortController();
    const pulling = device().pull(`${HOME}/long`, 8 << 20, stop.signal);
    stop.abort();
    expect(await pulling).toMatchObject({ failure: { code: 'cancelled' } });
    expect(valueOf(await device().pull(`${HOME}/long`, 8 << 20, NEVER))).toHaveLength(8 << 20);
  });
});

onEachPhone('the cable', (phone) => {
  test('cut in a push: the part is deleted, and the phone plugged in again has its files', async () => {
    const path = `${HOME}/cut`;
    const first = await openDevice(phone());
    valueOf(await push(first, `${HOME}/kept`, X));
    const running = first.shell('exec sleep 4711', NEVER);
    const pushing = first.push({ path, source: endless(), mode: 0o644 }, NEVER);
    let sent = 0;
    while (sent < 1_000_000) sent = Number((await pushing.next()).value);
    phone().usb.unplug();
    const unplugged = { ok: false, failure: { code: 'unplugged' } };
    expect((await pushAll(pushing)).result).toMatchObject(unplugged);
    expect(await running).toMatchObject(unplugged);
    expect(await first.gone).toMatchObject({ code: 'unplugged' });
    expect(await first.shell('echo no', NEVER)).toMatchObject(unplugged);

    await phone().usb.requestDevice();
    await using again = await openDevice(phone());
    await expectMissing(again, path);
    expect(valueOf(await again.pull(`${HOME}/kept`, 1, NEVER))).toEqual(X);
  });

  test('closing and connecting again, three times', async () => {
    for (const round of [1, 2, 3]) {
      await using device = await openDevice(phone());
      expect((await sh(device, `echo ${round}`)).stdout).toBe(`${round}\n`);
    }
  });
});

/** Data that never ends, at the pace of who takes it. */
const endless = () =>
  new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(pattern(256 * KIB)) },
    { highWaterMark: 0 },
  );

/** Fails unless the file is gone within five seconds. */
async function expectMissing(device: Device, path: string): Promise<void> {
  const wait = `n=0; while [ -e ${path} ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done; [ ! -e ${path} ]`;
  expect((await sh(device, wait)).exitCode, `${path} is still there`).toBe(0);
}
