import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BundleSource } from '../../src/domain/bundle';
import { parseFacts } from '../../src/domain/device-facts';
import type { Device } from '../../src/domain/device';
import { install, onPhoneBytes, type InstallEvent } from '../../src/flows/install';
import { markStep } from '../../src/flows/mark';
import { removeAll } from '../../src/flows/remove';
import { plugCable, type Cable } from './cable';
import { connectTo, NEVER } from './connect';
import { startDevice, whyNoDevice, type TestDevice } from './device';
import { makeBundle } from './made-bundle';

const reason = await whyNoDevice();
const MB = 1 << 20;
/** `SLOW=1`: the sizes of the issue; else what an everyday run can wait for. */
const SIZE = process.env['SLOW'] ? 1024 * MB : 64 * MB;
/** The shell's and adbd's own packets, marks, and what one packet more or less is. */
const OVERHEAD = 4 * MB;
const facts = { ...parseFacts('', 'x'), abis: ['x86_64'] };

async function run(device: Device, source: BundleSource, signal = NEVER) {
  const events: InstallEvent[] = [];
  const installing = install(device, source, facts, signal);
  for (;;) {
    const step = await installing.next();
    if (step.done) return { events, result: step.value };
    events.push(step.value);
  }
}

describe.skipIf(reason)(`installing on a real adbd (${reason ?? 'Debian 13, adbd 34'})`, () => {
  let machine: TestDevice;
  let cable: Cable;
  const here = (path: string) => join(machine.data, 'local/tmp/plugsight', path);
  const list = (folder: string) => (existsSync(here(folder)) ? readdirSync(here(folder)) : []);
  beforeAll(async () => {
    machine = await startDevice();
  }, 300_000);
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await using device = await connectTo(machine.port);
    await removeAll(device, NEVER);
    cable = await plugCable(machine.port);
    return () => cable[Symbol.asyncDispose]();
  });

  test(
    'a file that is cut in the middle goes on where it stopped',
    { timeout: 600_000 },
    async () => {
      const bundle = makeBundle({ model: SIZE });
      await using first = await connectTo(cable.port);
      cable.cutAt(SIZE / 2);
      expect((await run(first, bundle)).result).toMatchObject({ failure: { code: 'unplugged' } });
      expect(list('files')).toEqual([]);

      await using second = await connectTo(cable.port);
      const there = await onPhoneBytes(second, bundle.manifest, facts, NEVER);
      expect(there).toMatchObject({ ok: true, value: { totalBytes: SIZE } });
      const { result, events } = await run(second, bundle);
      expect(result.ok).toBe(true);
      const [, from = 0] = bundle.read.from;
      expect(from).toBeGreaterThanOrEqual(SIZE / 2 - 2 * markStep(SIZE));
      expect(there).toMatchObject({ value: { thereBytes: from } });
      // All that ever went through the cable: the file, and what was behind the last mark.
      expect(cable.sentBytes).toBeLessThan(SIZE + 2 * markStep(SIZE) + OVERHEAD);
      expect(bundle.read.bytes).toBeLessThan(SIZE + 2 * markStep(SIZE) + OVERHEAD);
      expect(events.at(-1)).toMatchObject({
        doneBytes: SIZE,
        totalBytes: SIZE,
        skippedBytes: from,
      });
      expect(list('files')).toEqual([bundle.manifest.files[0]?.sha256]);
      expect(list('tmp')).toEqual([]);
    },
  );

  test('a killed adbd', { timeout: 600_000 }, async () => {
    const bundle = makeBundle({ model: SIZE });
    const first = await connectTo(machine.port);
    const installing = install(first, bundle, facts, NEVER);
    let step = await installing.next();
    let killing: Promise<void> | undefined;
    while (!step.done) {
      if (step.value.doneBytes > SIZE / 2) killing ??= machine.restart();
      step = await installing.next();
    }
    expect(step.value).toMatchObject({ failure: { code: 'unplugged' } });
    await killing;
    await using second = await connectTo(machine.port);
    expect((await run(second, bundle)).result.ok).toBe(true);
    expect(bundle.read.from[1]).toBeGreaterThanOrEqual(SIZE / 2 - 2 * markStep(SIZE));
    expect(statSync(here(`bundles/made@1/model`)).size).toBe(SIZE);
  });

  test('300 small files', async () => {
    const names = Array.from({ length: 300 }, (_, i) => [`some/folder/file-${i}`, 10_240 + i]);
    const bundle = makeBundle(Object.fromEntries(names) as Record<string, number>);
    await using device = await connectTo(cable.port);
    const { result, events } = await run(device, bundle);
    expect(result.ok).toBe(true);
    expect(events.at(-1)?.doneBytes).toBe(events.at(-1)?.totalBytes);
    expect(list('files')).toHaveLength(300);
    expect(list('tmp')).toEqual([]);
    for (const { path, bytes } of bundle.manifest.files)
      expect(statSync(here(`bundles/made@1/${path}`)).size).toBe(bytes);
    // A changed one is noticed and sent again, that one only.
    const victim = bundle.manifest.files[7]!;
    writeFileSync(here(`files/${victim.sha256}`), 'x'.repeat(victim.bytes));
    bundle.read.from.length = 0;
    expect((await run(device, bundle)).result.ok).toBe(true);
    expect(bundle.read.from).toEqual([0]);
  });

  test(
    'what was verified is not hashed again, what was changed since is',
    { timeout: 60_000 },
    async () => {
      const bundle = makeBundle({ model: 20 * MB });
      await using device = await connectTo(cable.port);
      expect((await run(device, bundle)).result.ok).toBe(true);
      const stored = here(`files/${bundle.manifest.files[0]!.sha256}`);
      const again = await run(device, bundle);
      expect(again.events.filter(({ kind }) => kind !== 'look')).toEqual([]);
      // Touched: hashed, found right, sealed again.
      utimesSync(stored, new Date(), new Date());
      const touched = await run(device, bundle);
      expect(touched.events.map(({ kind }) => kind)).toContain('verify');
      expect(touched.events.at(-1)?.skippedBytes).toBe(20 * MB);
      expect(bundle.read.from).toEqual([0]);
      expect((await run(device, bundle)).events.filter(({ kind }) => kind !== 'look')).toEqual([]);
      // Other bytes of the same size: sent again.
      writeFileSync(stored, Buffer.alloc(20 * MB));
      expect((await run(device, bundle)).result.ok).toBe(true);
      expect(bundle.read.from).toEqual([0, 0]);
    },
  );

  test(
    'a disk that fills up keeps the part; the person frees space and goes on',
    { timeout: 120_000 },
    async () => {
      await using other = await startDevice({ dataBytes: 96 * MB });
      await using device = await connectTo(other.port);
      const bundle = makeBundle({ model: 56 * MB });
      // Comes after the look at the free space.
      const tight: BundleSource = {
        ...bundle,
        async open(file, signal, fromByte) {
          await device.shell('head -c 62000000 /dev/zero > /data/local/tmp/other', NEVER);
          return bundle.open(file, signal, fromByte);
        },
      };
      const full = await run(device, tight);
      expect(full.result).toMatchObject({ failure: { code: 'disk-full' } });
      await device.shell('rm /data/local/tmp/other', NEVER);
      expect((await run(device, bundle)).result.ok).toBe(true);
      expect(bundle.read.from[1]).toBeGreaterThanOrEqual(28 * MB);
    },
  );

  test('cancelling leaves a part, removing leaves nothing', async () => {
    const bundle = makeBundle({ model: 48 * MB });
    await using device = await connectTo(cable.port);
    const stop = new AbortController();
    const installing = install(device, bundle, facts, stop.signal);
    for (let step = await installing.next(); !step.done; step = await installing.next())
      if (step.value.doneBytes > 40 * MB) stop.abort();
    expect(list('tmp')).toContain(`${bundle.manifest.files[0]!.sha256}.part`);
    expect((await run(device, bundle)).result.ok).toBe(true);
    expect(bundle.read.from[1]).toBeGreaterThanOrEqual(30 * MB);
    expect((await removeAll(device, NEVER)).ok).toBe(true);
    expect(existsSync(here(''))).toBe(false);
  });
});
