import { expect, test } from 'vitest';
import { connect, connected, push, shellOf, start, withoutNoise } from './harness';

const HOME = '/data/local/tmp';

test('disk-full: df lies unless asked to be honest, a push ends with ENOSPC and leaves nothing', async () => {
  const { adb, sh, phone } = await connected({ trouble: 'disk-full' });
  const free = async (flag: string) =>
    Number((await sh(`df -k ${flag} /data`)).stdout.split('\n')[1]?.split(/ +/)[3]);
  expect(await free('')).toBeGreaterThan(1_000_000);
  expect(await free('--honest')).toBe(976);
  await expect(push(adb, `${HOME}/big`, new Uint8Array(3_000_000))).rejects.toThrow(
    'write failed: No space left on device',
  );
  expect(phone.files.find(`${HOME}/big`)).toBeUndefined();
  await push(adb, `${HOME}/small`, new Uint8Array(900_000));
});

test('missing-program: there, executable, and "not found"', async () => {
  const programs = { probe: async () => 0 };
  const { adb, sh } = await connected({ trouble: 'missing-program', programs });
  await push(adb, `${HOME}/probe`, new TextEncoder().encode('#!plugsight-wasm probe 1\n'), 0o755);
  expect((await sh(`test -x ${HOME}/probe`)).exitCode).toBe(0);
  expect(await sh(`exec env ${HOME}/probe`)).toMatchObject({ stdout: '', exitCode: 127 });
});

test('slow-link: bytes and transfers cost time', async () => {
  const { adb, clock } = await connected({ trouble: 'slow-link' });
  const before = clock.slept;
  await push(adb, `${HOME}/file`, new Uint8Array(4_000_000));
  // 4000 ms for the bytes, at least 10 ms for each of the four 1 MiB packets
  expect(clock.slept - before).toBeGreaterThan(4040);
  expect(clock.slept - before).toBeLessThan(6000);
});

test('unplug: the cable goes in a push of more than 256 KiB, once; plugged in again it works', () =>
  withoutNoise(async () => {
    const { adb, usb, phone } = await connected({ trouble: 'unplug' });
    adb.disconnected.catch(() => undefined);
    await push(adb, `${HOME}/small`, new Uint8Array(200_000));
    const gone = new Promise<void>((resolve) =>
      usb.addEventListener('disconnect', () => resolve()),
    );
    const outcome = push(adb, `${HOME}/big`, new Uint8Array(2_000_000)).then(
      () => 'pushed',
      () => 'failed',
    );
    await gone;
    expect(await outcome).toBe('failed');
    expect(await usb.getDevices()).toEqual([]);
    expect(phone.files.find(`${HOME}/big`)).toBeUndefined();

    await usb.requestDevice({ filters: [] });
    const again = await connect(usb);
    expect((await shellOf(again)(`stat -c %s ${HOME}/small`)).stdout).toBe('200000\n');
    await push(again, `${HOME}/big`, new Uint8Array(2_000_000));
  }));

test('unplug: the cable goes five tokens into an answer, and the program with it', () =>
  withoutNoise(async () => {
    const { adb, usb, phone } = await connected({
      trouble: 'unplug',
      programs: {
        probe: async ({ print, killed }) => {
          await print('ready');
          phone.answerBegins();
          for (let i = 0; i < 10 && !killed.aborted; i += 1) {
            await print(`token ${i}\n`);
            phone.tokenSaid();
          }
          return 0;
        },
      },
    });
    adb.disconnected.catch(() => undefined);
    await push(adb, `${HOME}/probe`, new TextEncoder().encode('#!plugsight-wasm probe 1\n'), 0o755);
    const gone = new Promise<void>((resolve) =>
      usb.addEventListener('disconnect', () => resolve()),
    );
    const program = await start(adb, `exec env ${HOME}/probe`);
    const exited = program.process.exited.then(
      () => 'ended',
      () => 'lost',
    );
    let printed = '';
    for (let text = await program.next(); text; text = await program.next()) printed += text;
    expect(printed).toMatch(/^readytoken 0\n/);
    expect(printed).not.toContain('token 5');
    await gone;
    expect(await exited).toBe('lost');
    expect(phone.processes.list()).toEqual([]);
  }));
