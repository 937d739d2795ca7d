import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseFacts } from '../../../src/domain/device-facts';
import { install } from '../../../src/flows/install';
import { Arrived } from '../../../src/ui/arrived.svelte';
import { makeBundle } from '../../device/made-bundle';
import { FakeDevice } from '../../fakes/device';

const MB = 1 << 20;
const facts = { ...parseFacts('', 'x'), abis: ['x86_64'] };

let device: FakeDevice;
beforeEach(() => void (device = new FakeDevice()));
afterEach(() => device[Symbol.asyncDispose]());

test('tells what of all bundles is there, and changes nothing', async () => {
  const [one, two] = [makeBundle({ a: 3 * MB }, 'one'), makeBundle({ b: 1000 }, 'two')];
  const manifests = [one.manifest, two.manifest];
  const arrived = new Arrived();
  await arrived.look({ device, facts }, manifests);
  expect(arrived.bytes).toEqual({ there: 0, total: 3 * MB + 1000 });
  device.pushTrouble = { afterBytes: 2.5 * MB, failure: { code: 'unplugged' } };
  const installing = install(device, one, facts, new AbortController().signal);
  while (!(await installing.next()).done);
  device.replug();
  await arrived.look({ device, facts }, manifests);
  // The last mark may have gone with the cable.
  expect([MB, 2 * MB]).toContain(arrived.bytes?.there);
});

test('a later call wins; without a phone nothing is known', async () => {
  const { manifest } = makeBundle({ a: 1000 });
  const sha256 = manifest.files[0]?.sha256 ?? '';
  const arrived = new Arrived();
  const slow = arrived.look({ device, facts }, [manifest]);
  await arrived.look(undefined, [manifest]);
  await slow;
  expect(arrived.bytes).toBeUndefined();
  mkdirSync(join(device.root, 'files'), { recursive: true });
  writeFileSync(join(device.root, 'files', sha256), makeBundle({ a: 1000 }).bytesOf('a'));
  await arrived.look({ device, facts }, [manifest]);
  expect(arrived.bytes).toEqual({ there: 0, total: 1000 }); // other bytes under its name
});

test('a phone that cannot be looked at is no trouble here', async () => {
  const arrived = new Arrived();
  device.unplug();
  await arrived.look({ device, facts }, [makeBundle({ a: 1000 }).manifest]);
  expect(arrived.bytes).toBeUndefined();
});
