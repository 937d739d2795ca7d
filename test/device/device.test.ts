import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../src/domain/device';
import { probe } from '../../src/flows/probe';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice, type TestDevice } from './device';

const reason = await whyNoDevice();

describe.skipIf(reason)(`a real adbd (${reason ?? 'Debian 13, adbd 34'})`, () => {
  let machine: TestDevice;
  let device: Device;
  beforeAll(async () => {
    machine = await startDevice();
    device = await connectTo(machine.port);
  }, 300_000);
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
  });
  const shell = async (script: string) => must(await device.shell(script, NEVER));

  test('connects, with the features of Android 14', () => {
    expect(device.features).toEqual(
      expect.arrayContaining(['shell_v2', 'stat_v2', 'ls_v2', 'sendrecv_v2', 'delayed_ack']),
    );
    expect(device.name).toBe('Test device (x86-64)');
  });

  test('runs mksh and toybox as the user shell', async () => {
    expect(await shell('echo "$KSH_VERSION"; id -u; readlink -f $(which sha256sum)')).toEqual({
      ...{ exitCode: 0, stderr: '' },
      stdout: expect.stringMatching(/^@\(#\)MIRBSD KSH.*\n2000\n\/usr\/bin\/toybox\n$/) as string,
    });
    expect(await shell('echo no >&2; exit 3')).toEqual({ exitCode: 3, stderr: 'no\n', stdout: '' });
  });

  test('says what it is, as a phone does', async () => {
    const facts = must(await probe(device, NEVER));
    expect(facts).toMatchObject({
      ...{ manufacturer: 'Plugsight', android: '14', sdk: 34, abis: ['x86_64', 'x86'] },
    });
    expect(facts.memoryBytes).toBeGreaterThan(1e8);
    expect(facts.storageFreeBytes).toBeGreaterThan(1e6);
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.cpuFeatures).toContain('sse4_2');
  });

  test('takes files and gives them back', async () => {
    const bytes = new Uint8Array(3 << 20).map((_, i) => (i * 7919) >> 5);
    const path = '/data/local/tmp/a folder/file';
    const pushing = device.push({ path, source: new Blob([bytes]).stream(), mode: 0o755 }, NEVER);
    let step = await pushing.next();
    while (!step.done) step = await pushing.next();
    must(step.value);
    const there = await readFile(join(machine.data, 'local/tmp/a folder/file'));
    expect(there.equals(bytes)).toBe(true);
    const hash = createHash('sha256').update(bytes).digest('hex');
    // adbd gives group and others what the owner has: AOSP file_sync_service.cpp, handle_send.
    const { stdout } = await shell(
      `cd "/data/local/tmp/a folder"; sha256sum file; stat -c %a file`,
    );
    expect(stdout).toBe(`${hash}  file\n777\n`);
    const back = must(await device.pull(path, 4 << 20, NEVER));
    expect(createHash('sha256').update(back).digest('hex')).toBe(hash);
  });

  test('a program that is left is gone', async () => {
    const argv = ['sleep', '4711'] as const;
    const command = { argv, cwd: '/data/local/tmp', env: {} };
    const process = must(await device.spawn(command, NEVER));
    expect((await shell('until pgrep -xf "sleep 4711"; do :; done')).stdout).not.toBe('');
    await process[Symbol.asyncDispose]();
    expect((await shell('pgrep -xf "sleep 4711" || echo none')).stdout).toBe('none\n');
  });

  test('writes nowhere but in /data', async () => {
    const { stdout } = await shell(
      'for d in / /usr/bin /system /proc; do touch $d/x && echo $d; done',
    );
    expect(stdout).toBe('');
  });

  test('is reached from this computer only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      const refused = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address, port: machine.port });
        socket.on('connect', () => resolve(false)).on('error', () => resolve(true));
        socket.on('close', () => socket.destroy());
      });
      expect(refused, address).toBe(true);
    }
    expect(machine.port < 5555 || machine.port > 5585).toBe(true);
  });

  test('after a crash the connection is gone, and a new one finds the files', async () => {
    await using other = await startDevice();
    const first = await connectTo(other.port);
    must(await first.shell('echo here > /data/local/tmp/mark', NEVER));
    await other.restart();
    expect((await first.gone).code).toBe('unplugged');
    await using second = await connectTo(other.port);
    expect(must(await second.shell('cat /data/local/tmp/mark', NEVER)).stdout).toBe('here\n');
  });

  test('a small disk is full when it is full', async () => {
    await using other = await startDevice({ dataBytes: 4 << 20 });
    await using small = await connectTo(other.port);
    const source = new Blob([new Uint8Array(8 << 20)]).stream();
    const pushing = small.push({ path: '/data/local/tmp/big', source, mode: 0o644 }, NEVER);
    let step = await pushing.next();
    while (!step.done) step = await pushing.next();
    expect(step.value).toMatchObject({ ok: false, failure: { code: 'disk-full' } });
  });

  test('nothing is left when it is closed, not even what hides from adbd', async () => {
    const HIDDEN = /sleep.4712.$/; // toybox runs itself: "setsid nohup sleep 4712"
    const other = await startDevice();
    const hidden = await connectTo(other.port);
    const script =
      'setsid nohup sleep 4712 >/dev/null 2>&1 & until pgrep -f "sleep 4712$"; do :; done';
    expect(must(await hidden.shell(script, NEVER)).stdout).toMatch(/^\d+$/m);
    expect(await commands()).toContainEqual(expect.stringMatching(HIDDEN));
    await other[Symbol.asyncDispose]();
    expect((await hidden.gone).code).toBe('unplugged');
    expect(await commands()).not.toContainEqual(expect.stringMatching(HIDDEN));
    expect(existsSync(other.data)).toBe(false);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain('plugsight-device-');
    await expect(connectTo(other.port)).rejects.toThrow();
  });
});

/** Command lines of this computer's programs, the device's included. */
async function commands(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}
