import { expect, test } from 'vitest';
import { ok } from '../../../src/domain/result';
import { Session } from '../../../src/ui/session.svelte';
import { settle } from '../../fakes/clock';
import { FakeConnector } from '../../fakes/connector';
import { FakeDevice } from '../../fakes/device';
import { FakePlatform } from '../../fakes/platform';

test('a pipeline that reads text alone has no picture prepared', async () => {
  await using device = new FakeDevice();
  device.tool('getprop', `echo '[ro.product.cpu.abilist]: [wasm32]'`);
  const platform = new FakePlatform(new FakeConnector(async () => ok(device)));
  const session = new Session(platform);
  await session.start('');
  session.setup.pipelineId = 'etqnn'; // and the model stays
  await session.phone.connectUsb();
  await settle();
  expect(session.readsPictures).toBe(false);
  expect(await session.prepare()).toMatchObject({ ok: false });
  expect(session.prepared.is).toBe('idle');
  expect(platform.prepared).toBe(0);
  session.prompt = 'Why?';
  expect(session.cannotRun).toBeUndefined();
});
