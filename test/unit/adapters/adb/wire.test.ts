import { expect, test } from 'vitest';
import { createWire } from '../../../../src/adapters/adb/wire';
import { matchFilters, AdbDefaultInterfaceFilter } from '@yume-chan/adb-daemon-webusb';
import { rig, settle } from './rig';

/** A wire over a port whose transfers end as the test says. */
async function wired(transfer: () => Promise<never>) {
  const { raw, clock } = await rig();
  const adbInterface = matchFilters(raw, [AdbDefaultInterfaceFilter]);
  if (!adbInterface) throw new Error('the phone has no ADB interface');
  raw.transferIn = transfer;
  raw.transferOut = transfer;
  const unplug = new AbortController();
  const close = () => Promise.resolve();
  const port = { raw, adbInterface, serial: 'x', clock, unplugged: unplug.signal, close };
  return { wire: createWire(port), unplug };
}

const lost = () => Promise.reject(new DOMException('gone', 'NetworkError'));

test('F6: to the library a lost transfer out was sent, a lost transfer in is still to come', async () => {
  const { wire } = await wired(lost);
  expect(wire.lost.aborted).toBe(false);
  let settled = false;
  const end = () => (settled = true);
  wire.device.raw.transferIn(1, 512).then(end, end);
  await settle();
  expect(settled).toBe(false);
  expect(wire.lost.reason).toEqual({ code: 'unplugged', detail: 'NetworkError: gone' });
  const sent = await wire.device.raw.transferOut(1, new Uint8Array(7));
  expect(sent).toEqual({ status: 'ok', bytesWritten: 7 });
});

test('F5: the first reason stays; after our own end a loss is none', async () => {
  const first = await wired(lost);
  first.unplug.abort({ code: 'unplugged', detail: 'the event' });
  await first.wire.device.raw.transferOut(1, new Uint8Array(7));
  expect(first.wire.lost.reason).toMatchObject({ detail: 'the event' });
  const ours = await wired(lost);
  ours.wire.end();
  await ours.wire.device.raw.transferOut(1, new Uint8Array(7));
  expect(ours.wire.lost.aborted).toBe(false);
});
