import { expect, test } from 'vitest';
import { makerAndModel } from '../../../../src/adapters/adb/name';
import { connected, openAll, rig, valueOf } from './rig';

test.each([
  ['Google', 'Pixel 8', 'Google Pixel 8'],
  ['samsung', 'SM-S921B', 'Samsung SM-S921B'],
  ['Xiaomi', 'Xiaomi 14', 'Xiaomi 14'],
  ['OnePlus', 'ONEPLUS A6003', 'ONEPLUS A6003'],
  ['', 'Model', 'Model'],
  ['Maker', '', ''],
])('%s, %s: %s', (maker, model, name) => {
  expect(makerAndModel(maker, model)).toBe(name);
});

test('the virtual phone has no market name: maker and model', async () => {
  const { device } = await connected();
  expect(device.name).toBe('Plugsight Virtual phone (SM8650)');
  await device[Symbol.asyncDispose]();
});

/** A stdout packet of shell protocol v2. */
function packet(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const whole = new Uint8Array(5 + bytes.byteLength);
  whole[0] = 1;
  new DataView(whole.buffer).setUint32(1, bytes.byteLength, true);
  whole.set(bytes, 5);
  return whole;
}

test.each([
  ['Xiaomi 14\nXiaomi\n23127PN0CC\n', 'Xiaomi 14'],
  ['\nGoogle\nPixel\x1b[31m \u202e8\n', 'Google Pixel [31m 8'],
  [`\n\n${'x'.repeat(500)}\n`, 'x'.repeat(60)],
])('getprop says %j: %s', async (stdout, name) => {
  const { connector, tap } = await rig();
  const [candidate] = await connector.known();
  if (!candidate) throw new Error('no phone is known');
  const said = packet(stdout);
  // the only stdout while connecting; the library takes a payload as long as it comes
  tap.alter = (payload) => (payload[0] === 1 && payload.length > 5 ? said : payload);
  const device = valueOf((await openAll(connector, candidate)).opened);
  await device[Symbol.asyncDispose]();
  expect(device.name).toBe(name);
});
