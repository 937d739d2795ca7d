import { beforeEach, expect, test } from 'vitest';
import { createVirtualUsbPort, type VirtualUsbPort } from '../../../../src/adapters/virtual/usb';
import type { FromPhone, ToPhone } from '../../../../src/adapters/virtual/wire';

let port: VirtualUsbPort;
let device: USBDevice;
let sent: ToPhone[];
let answer: (message: FromPhone) => void;

beforeEach(async () => {
  sent = [];
  port = createVirtualUsbPort(
    {
      post: (message) => sent.push(message),
      listen: (listener) => (answer = listener),
      discard: () => undefined,
    },
    'Test phone',
    'SERIAL',
  );
  const [first] = await port.getDevices();
  if (!first) throw new Error('no device');
  device = first;
});

async function ready() {
  await device.open();
  await device.claimInterface(0);
}

/** The name of the DOMException that a promise is rejected with. */
const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (reason: unknown) => (reason instanceof DOMException ? reason.name : String(reason)),
  );

test('wants to be opened and claimed before it transfers', async () => {
  expect(await nameOf(device.claimInterface(0))).toBe('InvalidStateError');
  expect(await nameOf(device.transferIn(1, 512))).toBe('InvalidStateError');
  await device.open();
  expect(await nameOf(device.transferOut(1, new Uint8Array(1)))).toBe('InvalidStateError');
  expect(await nameOf(device.claimInterface(3))).toBe('NotFoundError');
  await device.claimInterface(0);
  expect(device.configuration?.interfaces[0]?.claimed).toBe(true);
});

test('copies what it sends: the caller may reuse its buffer', async () => {
  await ready();
  const buffer = new Uint8Array([1, 2, 3]);
  void device.transferOut(1, buffer.subarray(1));
  buffer.fill(9);
  expect(sent.at(-1)).toMatchObject({ op: 'out', bytes: new Uint8Array([2, 3]) });
});

test('answers transfers by their number', async () => {
  await ready();
  const [first, second] = [device.transferIn(1, 512), device.transferOut(1, new Uint8Array(7))];
  answer({ op: 'sent', id: 2 });
  answer({ op: 'received', id: 1, bytes: new Uint8Array([5]), babble: false });
  expect((await first).data?.getUint8(0)).toBe(5);
  expect(await second).toEqual({ bytesWritten: 7, status: 'ok' });
});

test('cancels what waits when it is closed or reset', async () => {
  await ready();
  const reset = nameOf(device.transferIn(1, 512));
  await device.reset();
  expect(await reset).toBe('AbortError');
  const closed = nameOf(device.transferIn(1, 512));
  await device.close();
  expect(await closed).toBe('AbortError');
  expect(device.opened).toBe(false);
});

test('unplugged: transfers fail first, the event follows, the device is gone', async () => {
  await ready();
  const order: string[] = [];
  const event = new Promise<USBConnectionEvent>((resolve) =>
    port.addEventListener('disconnect', (found) => {
      order.push('event');
      resolve(found);
    }),
  );
  const transfer = nameOf(device.transferIn(1, 512)).then((name) => {
    order.push(name);
  });
  answer({ op: 'unplugged' });
  await transfer;
  expect((await event).device).toBe(device);
  expect(order).toEqual(['NetworkError', 'event']);
  expect(await nameOf(device.transferOut(1, new Uint8Array(1)))).toBe('NetworkError');
  expect(await nameOf(device.open())).toBe('NotFoundError');
  expect(await port.getDevices()).toEqual([]);
});

test('the chooser plugs it in again, as a new device', async () => {
  port.unplug();
  const connected = new Promise<USBDevice>((resolve) =>
    port.addEventListener('connect', ({ device: found }) => resolve(found)),
  );
  const again = await port.requestDevice({ filters: [] });
  expect(again).not.toBe(device);
  expect(await connected).toBe(again);
  expect(await port.getDevices()).toEqual([again]);
});
