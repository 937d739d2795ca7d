import { expect, test } from 'vitest';
import type { Failure } from '../../../src/domain/failure';
import { fail, ok } from '../../../src/domain/result';
import { PhoneState } from '../../../src/ui/phone.svelte';
import { settle } from '../../fakes/clock';
import { FakeConnector } from '../../fakes/connector';
import { FakeDevice } from '../../fakes/device';
import { FakePlatform } from '../../fakes/platform';

function setUp() {
  const devices: FakeDevice[] = [];
  const connector = new FakeConnector(async () => {
    const device = new FakeDevice();
    device.tool('getprop', `echo '[ro.product.model]: [Fake 7]'`);
    devices.push(device);
    return ok(device);
  });
  const platform = new FakePlatform(connector);
  return { connector, platform, devices, phone: new PhoneState(platform) };
}
const codeOf = (phone: PhoneState) =>
  phone.step.is === 'failed' ? phone.step.failure.code : phone.step.is;

test('a chosen phone is read and there', async () => {
  const { phone } = setUp();
  await phone.connectUsb();
  expect(phone.current?.facts.model).toBe('Fake 7');
  expect(phone.met).toBe(phone.current);
});

test('a closed chooser is a failure with its own words, and trying again chooses again', async () => {
  const { phone, connector } = setUp();
  connector.chosen = fail('nothing-chosen');
  await phone.connectUsb();
  expect(codeOf(phone)).toBe('nothing-chosen');
  connector.chosen = ok({ id: 'usb-1', name: 'Fake phone' });
  await phone.retry();
  expect(phone.current).toBeDefined();
  expect(connector.choices).toBe(2);
});

test('trying again after a busy port needs no second choice', async () => {
  const { phone, connector } = setUp();
  const { device } = connector;
  connector.device = async () => fail('usb-busy');
  await phone.connectUsb();
  expect(codeOf(phone)).toBe('usb-busy');
  connector.device = device;
  await phone.retry();
  expect(phone.current).toBeDefined();
  expect(connector.choices).toBe(1);
});

test('a pulled cable is told, and what was known of the phone stays', async () => {
  const { phone, devices } = setUp();
  await phone.connectUsb();
  devices[0]?.unplug();
  await settle();
  expect(codeOf(phone)).toBe('unplugged');
  expect(phone.met?.facts.model).toBe('Fake 7');
});

test('a cable that comes back is taken up by itself, under its new id', async () => {
  const { phone, connector, devices } = setUp();
  await phone.connectUsb();
  connector.plugged = [];
  devices[0]?.unplug();
  await settle();
  connector.plug({ id: 'usb-2', name: 'Fake phone' });
  await expect.poll(() => codeOf(phone)).toBe('done');
  expect(connector.opened).toEqual(['usb-1', 'usb-2']);
  expect(connector.choices).toBe(1);
});

test('another phone that is plugged in is only listed', async () => {
  const { phone, connector, devices } = setUp();
  await phone.connectUsb();
  connector.plugged = [];
  devices[0]?.unplug();
  await settle();
  connector.plug({ id: 'usb-9', name: 'Another phone' });
  await settle();
  expect(codeOf(phone)).toBe('unplugged');
  expect(phone.known).toEqual([{ id: 'usb-9', name: 'Another phone' }]);
});

test('waiting for the owner shows until when, and can be given up', async () => {
  const { phone, connector } = setUp();
  connector.events = [
    { kind: 'opening' },
    { kind: 'authorise', deadlineMs: 60_000, fingerprint: 'AA:BB' },
  ];
  connector.device = () => new Promise(() => undefined);
  const connecting = phone.connectUsb();
  await settle();
  expect(phone.question).toMatchObject({ deadlineMs: 60_000, fingerprint: 'AA:BB' });
  phone.cancel();
  await connecting;
  expect(phone.question).toBeUndefined();
  expect(codeOf(phone)).toBe('idle');
});

test('a device that comes after its attempt was given up is closed', async () => {
  const { phone, connector } = setUp();
  let arrive: (device: FakeDevice) => void = () => undefined;
  let closed = 0;
  connector.open = async function* () {
    yield { kind: 'opening' };
    return ok(await new Promise<FakeDevice>((resolve) => (arrive = resolve)));
  };
  const connecting = phone.connectUsb();
  await settle();
  phone.cancel();
  const device = new FakeDevice();
  const dispose = device[Symbol.asyncDispose].bind(device);
  device[Symbol.asyncDispose] = async () => {
    closed += 1;
    await dispose();
  };
  arrive(device);
  await connecting;
  expect(closed).toBe(1);
  expect(codeOf(phone)).toBe('idle');
});

test('code that does not load is a failure, not a fault of ours', async () => {
  const { phone, platform } = setUp();
  platform.usb.connector = () => Promise.reject(new TypeError('Failed to fetch module'));
  await phone.connectUsb();
  expect(codeOf(phone)).toBe('worker-failed');
});

test('letting go closes the device after its program', async () => {
  const { phone, devices } = setUp();
  const order: string[] = [];
  await phone.connectUsb();
  phone.beforeClose = async () => void order.push('program');
  const device = devices[0];
  if (!device) throw new Error('no device');
  const dispose = device[Symbol.asyncDispose].bind(device);
  device[Symbol.asyncDispose] = async () => {
    order.push('device');
    await dispose();
  };
  await phone.disconnect();
  expect(order).toEqual(['program', 'device']);
  expect(phone.met).toBeUndefined();
});

test('a phone that cannot be read is let go with the reason', async () => {
  const { phone, connector } = setUp();
  const failure: Failure = { code: 'stalled' };
  connector.device = async () => {
    const device = new FakeDevice();
    device.shell = async () => ({ ok: false, failure });
    return ok(device);
  };
  await phone.connectUsb();
  expect(codeOf(phone)).toBe('stalled');
});

test('a phone behind a bridge is reached at the address in the field, and let go at the end', async () => {
  const { phone, platform } = setUp();
  phone.bridgeAddress = 'ws://127.0.0.1:1/token';
  expect(platform.bridges).toEqual([]);
  await phone.connectBridge();
  expect(platform.bridges).toEqual(['ws://127.0.0.1:1/token']);
  expect(phone.via).toBe('bridge');
  expect(phone.current?.facts.model).toBe('Fake 7');
  // A list for phones that come back on a cable.
  expect(phone.known).toEqual([]);
  expect(platform.left).toBe(0);
  await phone.disconnect();
  expect(platform.left).toBe(1);
});

test('trying again goes through the same bridge; another phone lets it go', async () => {
  const { phone, platform, connector } = setUp();
  connector.device = async () => fail('bridge-device');
  await phone.connectBridge();
  expect(codeOf(phone)).toBe('bridge-device');
  await phone.retry();
  expect(platform.bridges).toHaveLength(1);
  expect(platform.left).toBe(0);
  await phone.connectUsb();
  expect(platform.left).toBe(1);
});

test('giving up while the browser still asks lets the bridge go', async () => {
  const { phone, platform, connector } = setUp();
  connector.choose = () => new Promise(() => undefined);
  void phone.connectBridge();
  await settle();
  expect(phone.step.is).toBe('busy');
  phone.cancel();
  expect(phone.step.is).toBe('idle');
  expect(platform.left).toBe(1);
});
