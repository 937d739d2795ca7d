import { expect, test } from 'vitest';
import { UsbLink, type Pace } from '../../../../src/adapters/virtual/link';
import { toTransfers, type Packet } from '../../../../src/adapters/virtual/packet';
import type { FromPhone } from '../../../../src/adapters/virtual/wire';
import { InstantClock } from './harness';

function open(pace?: Pace) {
  const posted: FromPhone[] = [];
  const packets: Packet[] = [];
  const clock = new InstantClock();
  const state = { lost: 0 };
  const listener = {
    received: (packet: Packet) => packets.push(packet),
    lost: () => (state.lost += 1),
  };
  const link = new UsbLink((message) => posted.push(message), listener, clock, pace);
  link.handle({ op: 'open' });
  return { link, posted, packets, clock, state };
}
/** Lets everything that can run, run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const packet = (payload: number[]) =>
  toTransfers({ command: 0x4e455054, arg0: 1, arg1: 2, payload: new Uint8Array(payload) });
const out = (bytes: Uint8Array, id = 1) => ({ op: 'out', id, bytes: bytes.slice() }) as const;

test('puts a packet together from its transfers, end markers between them', async () => {
  const { link, packets } = open();
  const [header, payload] = packet([1, 2, 3]);
  for (const bytes of [header, new Uint8Array(0), payload?.subarray(0, 1), payload?.subarray(1)])
    link.handle(out(bytes ?? new Uint8Array(0)));
  await settled();
  expect(packets).toEqual([
    { command: 0x4e455054, arg0: 1, arg1: 2, payload: new Uint8Array([1, 2, 3]) },
  ]);
});

test('gives the connection up when the bytes are no packet', async () => {
  const { link, posted, state } = open();
  link.handle(out(new Uint8Array(24)));
  await settled();
  expect(posted).toEqual([{ op: 'unplugged' }]);
  expect(state.lost).toBe(1);
});

test('answers a read with one transfer at a time, never more than asked for', async () => {
  const { link, posted } = open();
  link.send([new Uint8Array(700).fill(1), new Uint8Array(3).fill(2)]);
  for (const id of [1, 2, 3]) link.handle({ op: 'in', id, length: 512 });
  await settled();
  const lengths = posted.map((message) => message.op === 'received' && message.bytes.length);
  expect(lengths).toEqual([512, 188, 3]);
});

test('reports babble when less than a USB packet was asked for', async () => {
  const { link, posted } = open();
  link.send([new Uint8Array(100)]);
  link.handle({ op: 'in', id: 1, length: 24 });
  await settled();
  expect(posted).toEqual([{ op: 'received', id: 1, bytes: new Uint8Array(24), babble: true }]);
});

test('a new open forgets half a packet and stale answers', async () => {
  const { link, packets, posted } = open();
  link.handle(out(packet([1])[0] ?? new Uint8Array(0)));
  await settled();
  link.send([new Uint8Array(5)]);
  link.handle({ op: 'close' });
  link.handle({ op: 'open' });
  link.handle({ op: 'in', id: 9, length: 512 });
  for (const bytes of packet([7])) link.handle(out(bytes));
  await settled();
  expect(packets.map(({ payload }) => [...payload])).toEqual([[7]]);
  expect(posted.some(({ op }) => op === 'received')).toBe(false);
});

test('a slow cable takes its time per transfer and per byte', async () => {
  const { link, clock } = open({ bytesPerMs: 2000, transferMs: 5 });
  const [header, payload] = packet(new Array<number>(20_000).fill(0));
  link.handle(out(header ?? new Uint8Array(0)));
  link.handle(out(payload ?? new Uint8Array(0)));
  await settled();
  expect(clock.slept).toBeCloseTo(5 + 24 / 2000 + 5 + 10);
});
