import { afterEach, beforeEach, expect, test } from 'vitest';
import { rangeOf } from '../../../../src/adapters/browser/answer';
import { openRemote } from '../../../../src/adapters/browser/download';
import type { Network } from '../../../../src/adapters/browser/network';
import { SourceBroken } from '../../../../src/domain/bundle';
import type { Clock } from '../../../../src/domain/clock';
import type { Failure } from '../../../../src/domain/failure';
import { RangeServer, type Fault } from '../../../fakes/range-server';

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const never = new AbortController().signal;

/** Back-off takes no time here; only a wait as long as a hung line's is a real one, until `giveUp`. */
class HastyClock implements Clock {
  readonly slept: number[] = [];
  giveUp = () => {};
  now = () => 0;
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < 10_000) {
      this.slept.push(ms);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.giveUp = resolve;
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

let server: RangeServer;
let base: URL;
let clock: HastyClock;
let net: Network;
beforeEach(async () => {
  server = new RangeServer();
  server.files.set('/a.gguf', BYTES);
  base = await server.start();
  clock = new HastyClock();
  net = { fetch: (...args) => fetch(...args), clock };
});
afterEach(() => server.stop());

const open = (
  fromByte = 0,
  more: { bytes?: number; validator?: string; signal?: AbortSignal } = {},
) =>
  openRemote(
    net,
    { url: new URL('a.gguf', base), bytes: more.bytes ?? BYTES.length, validator: more.validator },
    more.signal ?? never,
    fromByte,
  );

/** All bytes, or the failure and how far it came. */
async function read(...args: Parameters<typeof open>): Promise<Uint8Array | Failure> {
  const opened = await open(...args);
  if (!opened.ok) return opened.failure;
  const parts: Uint8Array[] = [];
  try {
    for await (const part of opened.value) parts.push(part);
  } catch (reason) {
    if (!(reason instanceof SourceBroken)) throw reason;
    return reason.failure;
  }
  return new Uint8Array(Buffer.concat(parts));
}
const ranges = () => server.asked.map(({ range }) => range);

test('the whole file, its rest, and nothing', async () => {
  expect(await read()).toEqual(BYTES);
  expect(await read(99_000)).toEqual(BYTES.slice(99_000));
  expect(await read(BYTES.length)).toEqual(new Uint8Array());
  expect(ranges()).toEqual([undefined, 'bytes=99000-']);
});

test('a line that is cut three times is taken up where it broke', async () => {
  server.faults = ['cut', 'cut', 'cut'];
  expect(await read()).toEqual(BYTES);
  expect(ranges()).toEqual([undefined, 'bytes=1000-', 'bytes=2000-', 'bytes=3000-']);
  expect(clock.slept).toEqual([500, 500, 500]);
  expect(server.sentBytes).toBe(BYTES.length);
});

test('a cut line from the middle on', async () => {
  server.faults = ['cut'];
  expect(await read(50_000)).toEqual(BYTES.slice(50_000));
  expect(ranges()).toEqual(['bytes=50000-', 'bytes=51000-']);
});

test('a server without ranges: what is there already is read past', async () => {
  server.faults = ['cut', 'no-range'];
  expect(await read()).toEqual(BYTES);
  server.faults = ['no-range'];
  expect(await read(70_001)).toEqual(BYTES.slice(70_001));
});

test('a server that tells a page nothing about ranges', async () => {
  server.faults = ['silent', 'cut', 'silent'];
  expect(await read(10)).toEqual(BYTES.slice(10));
});

test('an overloaded server is asked again, later each time, then given up', async () => {
  server.faults = ['cut', 'overloaded', 'overloaded'];
  expect(await read()).toEqual(BYTES);
  expect(clock.slept).toEqual([500, 1000, 2000]);
  server.faults = ['cut', ...Array<Fault>(5).fill('overloaded')];
  expect(await read()).toMatchObject({ code: 'bundle-unreachable', detail: /1000 of 100000.*503/ });
  expect(clock.slept.slice(3)).toEqual([500, 1000, 2000, 4000, 8000]);
});

test('a line on which nothing comes any more counts as cut', async () => {
  server.faults = ['hang'];
  server.files.set(
    '/a.gguf',
    Uint8Array.from([...new TextEncoder().encode('x'), ...BYTES.slice(1)]),
  );
  const reading = read();
  await expect.poll(() => server.asked.length).toBe(1);
  await expect.poll(() => clock.giveUp.length).toBe(1);
  while (server.asked.length < 2) {
    clock.giveUp();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await reading).toHaveLength(BYTES.length);
  expect(ranges()).toContain('bytes=1-');
});

test.each<[string, Fault[], Failure['code'], RegExp]>([
  ['refuses', ['refuse'], 'address-refused', /403/],
  ['asks to sign in', ['login'], 'address-web-page', /web page/],
  ['asks to sign in in the middle', ['cut', 'login'], 'address-web-page', /web page/],
  ['refuses in the middle', ['cut', 'refuse'], 'address-refused', /403/],
  [
    'answers from another byte',
    ['cut', 'wrong-range'],
    'bundle-unreachable',
    /asked from byte 1000, answered 1001/,
  ],
  ['sends too much', ['long'], 'size-mismatch', /more than 100000/],
])('a server that %s', async (_, faults, code, detail) => {
  // Enough of the last fault, in case it is met again.
  server.faults = [...faults, ...Array<Fault>(9).fill(faults.at(-1) ?? 'none')];
  expect(await read()).toMatchObject({ code, detail });
});

test('a file that is shorter than promised, however often it is asked for', async () => {
  expect(await read(0, { bytes: BYTES.length + 5 })).toMatchObject({
    code: 'size-mismatch',
    detail: /100000 bytes there, 100005 expected/,
  });
  server.faults = Array<Fault>(20).fill('short');
  server.cutBytes = 0;
  expect(await read()).toMatchObject({ code: 'size-mismatch', detail: /0 of 100000 bytes came/ });
});

test('a file that is longer than promised', async () => {
  expect(await read(0, { bytes: 99_999 })).toMatchObject({ code: 'size-mismatch' });
  expect(await read(50, { bytes: 99_999 })).toMatchObject({
    code: 'size-mismatch',
    detail: /100000 bytes there, 99999 expected/,
  });
});

test('a file that changes while it is loaded, or since it was looked at', async () => {
  server.faults = ['cut'];
  const opened = await open();
  if (!opened.ok) throw new Error(opened.failure.detail);
  server.etag = '"two"';
  const reading = (async () => {
    for await (const part of opened.value) expect(part).toBeDefined();
  })();
  await expect(reading).rejects.toMatchObject({
    failure: { code: 'source-changed', detail: /was "one", is "two"/ },
  });
  expect(await read(0, { validator: '"one"' })).toMatchObject({ code: 'source-changed' });
});

test('stopping ends the stream and the request', async () => {
  const stop = new AbortController();
  const opened = await open(0, { signal: stop.signal });
  if (!opened.ok) throw new Error(opened.failure.detail);
  const reader = opened.value.getReader();
  await reader.read();
  stop.abort();
  const rest = async () => {
    while (!(await reader.read()).done);
  };
  await expect(rest()).rejects.toMatchObject({ failure: { code: 'cancelled' } });
  expect(await read(0, { signal: stop.signal })).toEqual({ code: 'cancelled' });
});

test('half a gigabyte goes through, cut in the middle, and next to nothing is held', async () => {
  const before = process.memoryUsage.rss();
  const bytes = 512 << 20;
  server.generated.set('/a.gguf', bytes);
  server.faults = ['cut'];
  server.cutBytes = 300 << 20;
  const opened = await open(0, { bytes });
  if (!opened.ok) throw new Error(opened.failure.detail);
  const reader = opened.value.getReader();
  await reader.read();
  // Nobody reads on: what the sender can get rid of meanwhile is what fits into sockets and one buffer.
  for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(server.sentBytes).toBeLessThan(48 << 20);
  let [came, most] = [0, 0];
  for (;;) {
    const { value } = await reader.read();
    if (!value) break;
    came += value.byteLength;
    most = Math.max(most, process.memoryUsage.rss());
  }
  expect(came).toBeGreaterThan(bytes - (8 << 20));
  expect(server.asked).toHaveLength(2);
  expect(most - before).toBeLessThan(300 << 20);
});

test.each([
  ['bytes 5-9/10', { from: 5, total: 10 }],
  ['bytes */10', { from: undefined, total: 10 }],
  ['bytes 5-9/*', { from: 5, total: undefined }],
  ['bytes 5-9/1e3', undefined],
  ['bytes=5-9/10', undefined],
  ['', undefined],
  [null, undefined],
])('the range %s', (header, expected) => {
  expect(rangeOf(header)).toEqual(expected);
});
