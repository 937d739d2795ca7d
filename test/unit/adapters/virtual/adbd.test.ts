import { expect, test } from 'vitest';
import { createInProcessUsb } from '../../../../src/adapters/virtual/in-process';
import { connect, connected, InstantClock, newKey, shellOf } from './harness';

test('connects after the owner allowed it, and says what it is', async () => {
  const { adb, clock } = await connected({ modelId: 'sm8750' });
  expect(clock.slept).toBe(600);
  expect(adb.banner.model).toBe('Virtual phone (SM8750)');
  expect(adb.maxPayloadSize).toBe(1 << 20);
  expect(adb.deviceFeatures).toContain('shell_v2');
  expect(adb.deviceFeatures).not.toContain('delayed_ack');
});

test('remembers a key: the second connection asks nobody, and the files are still there', async () => {
  const clock = new InstantClock();
  const { usb } = createInProcessUsb({ clock });
  const key = newKey();
  const first = await connect(usb, [key]);
  await shellOf(first)('echo kept > /data/local/tmp/file');
  await first.close();
  clock.slept = 0;
  const second = await connect(usb, [newKey(), key]);
  expect(clock.slept).toBe(0);
  expect((await shellOf(second)('cat /data/local/tmp/file')).stdout).toBe('kept\n');
});

test('asks again for a key that it does not know', async () => {
  const clock = new InstantClock();
  const { usb } = createInProcessUsb({ clock });
  await (await connect(usb, [newKey()])).close();
  await connect(usb, [newKey()]);
  expect(clock.slept).toBe(1200);
});

test.each(['auth-ignored', 'auth-refused'] as const)(
  'stays silent with %s, until the connection is closed',
  async (trouble) => {
    const { usb } = createInProcessUsb({ trouble, clock: new InstantClock() });
    const [device] = await usb.getDevices();
    const asked = new Promise<void>((resolve) => {
      // the public key is the last thing that the library sends: the payload of the third packet
      const transferOut = device?.transferOut.bind(device);
      let transfers = 0;
      Object.assign(device ?? {}, {
        transferOut: async (endpoint: number, data: BufferSource) => {
          const result = await transferOut?.(endpoint, data);
          if (++transfers === 6) resolve();
          return result;
        },
      });
    });
    const outcome = connect(usb).then(
      () => 'connected',
      () => 'closed',
    );
    await asked;
    // an answer would be here by now
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
    await device?.close();
    expect(await outcome).toBe('closed');
  },
);

test('refuses services that it does not have', async () => {
  const { adb } = await connected();
  for (const service of ['reboot:', 'root:', 'tcpip:5555', 'nonsense'])
    await expect(adb.createSocket(service)).rejects.toThrow('Socket open failed');
});

test('carries many streams at once', async () => {
  const { sh } = await connected();
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  const answers = await Promise.all(numbers.map((n) => sh(`echo ${n}`)));
  expect(answers.map(({ stdout }) => stdout)).toEqual(numbers.map((n) => `${n}\n`));
});
