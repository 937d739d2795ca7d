import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Transfers } from '../../../../src/adapters/bridge/transfers';
import {
  FramingFault,
  MAX_PAYLOAD,
  WRTE,
  concat,
  toTransfers,
} from '../../../../src/adapters/virtual/packet';

const packet = (payload: Uint8Array) => toTransfers({ command: WRTE, arg0: 1, arg1: 2, payload });

/** Asks as the library does: 24 bytes for a header, then the payload's length. */
function readAll(chunks: readonly Uint8Array[], askFirst: boolean): Uint8Array[] {
  const transfers: Uint8Array[] = [];
  let id = 0;
  const cutter: Transfers = new Transfers((_, bytes) => {
    transfers.push(bytes);
    const length = bytes.length === 24 ? new DataView(bytes.buffer).getUint32(12, true) : 0;
    cutter.ask(++id, length || 24);
  });
  if (askFirst) cutter.ask(++id, 24);
  for (const chunk of chunks) cutter.push(chunk);
  if (!askFirst) cutter.ask(++id, 24);
  expect(cutter.unread).toBe(0);
  return transfers;
}

test('however the bytes are broken, each header and each payload is a transfer of its own', () => {
  const payloads = fc.array(
    fc.uint8Array({ maxLength: 100 }).filter(({ length }) => length !== 24),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(
      payloads,
      fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
      fc.boolean(),
      (all, cuts, askFirst) => {
        const expected = all.flatMap(packet);
        const bytes = concat(expected);
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length;) {
          const length = cuts.next().value as number;
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        const got = readAll(chunks, askFirst);
        expect(got.map((transfer) => [...transfer])).toEqual(expected.map((part) => [...part]));
        for (const transfer of got) expect(transfer.buffer.byteLength).toBe(transfer.length);
      },
    ),
  );
});

test('a payload that is asked for in parts comes in parts', () => {
  const got: [number, number][] = [];
  const cutter = new Transfers((id, bytes) => got.push([id, bytes.length]));
  cutter.ask(1, 24);
  cutter.ask(2, 30);
  cutter.ask(3, 100);
  for (const part of packet(new Uint8Array(70))) cutter.push(part);
  expect(got).toEqual([
    [1, 24],
    [2, 30],
    [3, 40],
  ]);
});

test('what nobody asked for waits and is counted', () => {
  const got: number[] = [];
  const cutter = new Transfers((id) => got.push(id));
  for (const part of packet(new Uint8Array(1000))) cutter.push(part);
  expect(cutter.unread).toBe(1024);
  expect(got).toEqual([]);
});

test('a payload larger than ADB allows is a broken stream', () => {
  const cutter = new Transfers(() => undefined);
  const [header = new Uint8Array()] = packet(new Uint8Array(1));
  new DataView(header.buffer).setUint32(12, MAX_PAYLOAD + 1, true);
  cutter.ask(1, 24);
  expect(() => cutter.push(header)).toThrow(FramingFault);
});

test('a header that is read in parts is a bug of the caller', () => {
  const cutter = new Transfers(() => undefined);
  const [header = new Uint8Array()] = packet(new Uint8Array(1));
  cutter.ask(1, 12);
  cutter.ask(2, 12);
  expect(() => cutter.push(header)).toThrow(FramingFault);
});
