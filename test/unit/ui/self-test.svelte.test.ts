import { afterEach, beforeEach, expect, test } from 'vitest';
import { ok } from '../../../src/domain/result';
import { SelfTest } from '../../../src/ui/self-test.svelte';
import { Session } from '../../../src/ui/session.svelte';
import { FakeConnector } from '../../fakes/connector';
import { FakeDevice } from '../../fakes/device';
import { FakePlatform } from '../../fakes/platform';
import { speakProtocol } from '../../fakes/runner-program';

let device: FakeDevice;
let platform: FakePlatform;
let session: Session;
let selfTest: SelfTest;
beforeEach(async () => {
  device = new FakeDevice();
  device.tool(
    'getprop',
    `echo '[ro.product.model]: [Fake 7]\\n[ro.product.cpu.abilist]: [wasm32]'`,
  );
  device.onSpawn = (process) => speakProtocol(process);
  platform = new FakePlatform(new FakeConnector(async () => ok(device)));
  session = new Session(platform);
  await session.start('');
  await session.phone.connectUsb();
  selfTest = new SelfTest(session);
});
afterEach(() => device[Symbol.asyncDispose]());

test('it is possible with a phone at rest, and only then', async () => {
  expect(selfTest.possible).toBe(true);
  session.running = true;
  expect(selfTest.possible).toBe(false);
  session.running = false;
  await session.phone.disconnect();
  expect(selfTest.possible).toBe(false);
});

test('the whole way: installs, asks nothing it does not know, and claims nothing', async () => {
  await selfTest.run();
  expect(selfTest.step.is).toBe('done');
  if (selfTest.step.is !== 'done') return;
  const report = selfTest.step.value;
  expect(report).toMatchObject({
    ...{ schema: 'plugsight-self-test/1', app: 'test', encoder: 'model' },
    ...{ device: { name: 'Fake phone', simulated: false, transport: 'usb' } },
    ...{ verdict: { is: 'unknown', because: 'No answers are known for this model' } },
  });
  expect(report.checks[0]).toMatchObject({ kind: 'files', is: 'right' });
  expect(JSON.stringify(report)).not.toContain(device.serial);
  expect(session.setup.payload.is).toBe('done');
  expect(platform.held).toBe(0);
});

test('no question is asked while it runs, and the next one works', async () => {
  const testing = selfTest.run();
  expect(session.guest).toBeDefined();
  await session.ask();
  expect(session.turns).toHaveLength(0);
  await testing;
  expect(session.guest).toBeUndefined();
  await session.ask();
  expect(session.turns).toHaveLength(1);
});

test('a question’s program ends before the test begins', async () => {
  await session.ask();
  const [first] = device.processes;
  expect(first?.running).toBe(true);
  await selfTest.run();
  expect(first?.running).toBe(false);
});

test('stopping it leaves nothing behind, on the screen or locked', async () => {
  const testing = selfTest.run();
  selfTest.cancel();
  await testing;
  expect([selfTest.step.is, selfTest.checks.length, session.guest]).toEqual(['idle', 0, undefined]);
  expect(platform.held).toBe(0);
});

test('it ends before the phone is let go', async () => {
  let ended = false;
  const testing = selfTest.run().then(() => (ended = true));
  const dispose = device[Symbol.asyncDispose].bind(device);
  device[Symbol.asyncDispose] = async () => {
    expect(device.processes.map(({ running }) => running)).not.toContain(true);
    await dispose();
  };
  await session.phone.disconnect();
  await testing;
  expect([ended, selfTest.step.is]).toEqual([true, 'idle']);
});

test('a failure of the phone is a failure, not a verdict', async () => {
  device.unplug();
  await selfTest.run();
  expect(selfTest.step.is).not.toBe('done');
  expect(session.guest).toBeUndefined();
});

test('an encoder that does not fit is refused with its code', async () => {
  await selfTest.useEncoder(new File(['text'], 'text.onnx'));
  expect(selfTest.encoder).toMatchObject({ is: 'failed', failure: { code: 'encoder-invalid' } });
});

test('the last encoder picked is the one that counts', async () => {
  const first = selfTest.useEncoder(new File(['one'], 'one.onnx'));
  selfTest.dropEncoder();
  await first;
  expect(selfTest.encoder.is).toBe('idle');
});
