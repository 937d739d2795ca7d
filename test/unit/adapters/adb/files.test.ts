import { expect, test } from 'vitest';
import type { Failure } from '../../../../src/domain/failure';
import { connected, NEVER, pushAll, settle, valueOf } from './rig';

const PATH = '/data/local/tmp/plugsight/files/a';

/** Bytes that do not repeat in any short period. */
const noise = (bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 2654435761) >>> 24);
const streamOf = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream();
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** A source that hands out `chunk` for ever, and counts. */
function endless(chunk: Uint8Array, onPull: (given: number) => void = () => undefined) {
  const counter = { given: 0, cancelled: false };
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        onPull(counter.given);
        controller.enqueue(chunk);
        counter.given += chunk.byteLength;
      },
      cancel: () => void (counter.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { source, counter };
}

test.each([0, 1, 65_536, 262_144, 3_000_001])('%i bytes come back as they went', async (size) => {
  await using device = (await connected()).device;
  const bytes = noise(size);
  const { totals, result } = await pushAll(
    device.push({ path: PATH, source: streamOf(bytes), mode: 0o755 }, NEVER),
  );
  expect(result).toEqual({ ok: true, value: undefined });
  if (size > 0) expect(totals.at(-1)).toBe(size);
  expect(totals).toEqual([...new Set(totals)].sort((a, b) => a - b));
  expect(same(valueOf(await device.pull(PATH, size, NEVER)), bytes)).toBe(true);
  // adbd gives group and others what the owner has (AOSP daemon/file_sync_service.cpp, do_send)
  expect(valueOf(await device.shell(`stat -c %a ${PATH}`, NEVER)).stdout).toBe('777\n');
});

test('progress is never ahead of the source', async () => {
  await using device = (await connected()).device;
  let left = 40;
  const bytes = noise(100_000);
  let given = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (left-- === 0) return controller.close();
        given += bytes.byteLength;
        controller.enqueue(bytes);
      },
    },
    { highWaterMark: 0 },
  );
  const pushing = device.push({ path: PATH, source, mode: 0o644 }, NEVER);
  for (let step = await pushing.next(); !step.done; step = await pushing.next())
    expect(step.value).toBeLessThanOrEqual(given);
  expect(given).toBe(4_000_000);
});

test('stopping a push: cancelled, the part deleted, the source released', async () => {
  const { device, phone } = await connected();
  const stop = new AbortController();
  const { source, counter } = endless(noise(100_000), (given) => given > 2e6 && stop.abort());
  const { result } = await pushAll(device.push({ path: PATH, source, mode: 0o644 }, stop.signal));
  expect(result).toMatchObject({ failure: { code: 'cancelled' } });
  expect(counter.cancelled).toBe(true);
  await settle();
  expect(phone.files.find(PATH)).toBeUndefined();
  const after = { path: PATH, source: streamOf(noise(10)), mode: 0o644 };
  expect((await pushAll(device.push(after, NEVER))).result.ok).toBe(true);
  await device[Symbol.asyncDispose]();
});

test('leaving the loop of a push ends it', async () => {
  const { device, phone } = await connected();
  const { source, counter } = endless(noise(100_000));
  for await (const total of device.push({ path: PATH, source, mode: 0o644 }, NEVER))
    if (total > 1e6) break;
  expect(counter.cancelled).toBe(true);
  await settle();
  expect(phone.files.find(PATH)).toBeUndefined();
  await device[Symbol.asyncDispose]();
});

test('a push that was stopped before it began', async () => {
  await using device = (await connected()).device;
  const { source, counter } = endless(noise(10));
  const { result } = await pushAll(
    device.push({ path: PATH, source, mode: 0o644 }, AbortSignal.abort()),
  );
  expect(result).toMatchObject({ failure: { code: 'cancelled' } });
  expect(counter).toEqual({ given: 0, cancelled: true });
});

test('F2: a source that fails is the failure that is reported', async () => {
  const { device, phone } = await connected();
  const failing = (reason: unknown) => {
    let left = 20;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(noise(100_000));
        else controller.error(reason);
      },
    });
  };
  const push = async (reason: unknown) =>
    (await pushAll(device.push({ path: PATH, source: failing(reason), mode: 0o644 }, NEVER)))
      .result;
  expect(await push(new TypeError('network error'))).toEqual({
    ok: false,
    failure: { code: 'bundle-unreachable', detail: 'TypeError: network error' },
  });
  const own: Failure = { code: 'size-mismatch', detail: 'shorter than promised' };
  expect(await push(own)).toEqual({ ok: false, failure: own });
  await settle();
  expect(phone.files.find(PATH)).toBeUndefined();
  await device[Symbol.asyncDispose]();
});

test('F8: a full disk, then another file on the same connection', async () => {
  await using device = (await connected({ trouble: 'disk-full' })).device;
  // 1 MB is free; the rest of a file that is sent in one piece of 1 MiB comes after the failure
  const first = { path: `${PATH}-first`, source: streamOf(noise(300_000)), mode: 0o644 };
  expect((await pushAll(device.push(first, NEVER))).result.ok).toBe(true);
  const big = { path: PATH, source: streamOf(noise(3_000_000)), mode: 0o644 };
  expect((await pushAll(device.push(big, NEVER))).result).toMatchObject({
    failure: { code: 'disk-full', detail: expect.stringContaining('No space left') as string },
  });
  const small = { path: PATH, source: streamOf(noise(1000)), mode: 0o644 };
  expect((await pushAll(device.push(small, NEVER))).result).toEqual({ ok: true, value: undefined });
});

test.each(['/system/a', '/proc/a', '/data/local/tmp'])('%s cannot be written', async (path) => {
  await using device = (await connected()).device;
  const file = { path, source: streamOf(noise(1000)), mode: 0o644 };
  expect((await pushAll(device.push(file, NEVER))).result).toMatchObject({
    failure: { code: 'device-denied' },
  });
});

test('an unplug in the middle of a push, or while its socket opens', async () => {
  const middle = await connected();
  const { source } = endless(noise(100_000), (given) => given > 2e6 && middle.usb.unplug());
  const file = { path: PATH, source, mode: 0o644 };
  expect((await pushAll(middle.device.push(file, NEVER))).result).toMatchObject({
    failure: { code: 'unplugged' },
  });
  const opening = await connected();
  opening.tap.out = ({ command }) => (command === 'OPEN' ? 'lose' : 'pass');
  const pushing = pushAll(opening.device.push({ ...file, source: streamOf(noise(10)) }, NEVER));
  await settle();
  opening.usb.unplug();
  expect((await pushing).result).toMatchObject({ failure: { code: 'unplugged' } });
});

test('a phone that stops taking bytes has stalled after 30 s', async () => {
  const { device, tap, clock, phone } = await connected();
  const { source, counter } = endless(noise(100_000), (given) => {
    if (given > 3e6) tap.out = ({ command }) => (command === 'WRTE' ? 'lose' : 'pass');
  });
  let result: unknown;
  void pushAll(device.push({ path: PATH, source, mode: 0o644 }, NEVER)).then(
    (all) => (result = all.result),
  );
  await clock.advance(0);
  const { given } = counter;
  await clock.advance(29_999);
  expect(result).toBeUndefined();
  expect(counter.given).toBe(given);
  await clock.advance(1);
  await clock.advance(1000);
  expect(result).toMatchObject({ failure: { code: 'stalled' } });
  expect(counter.cancelled).toBe(true);
  expect(phone.files.find(PATH)).toBeUndefined();
  await device[Symbol.asyncDispose]();
});

test('a source that is slow is not a stalled phone', async () => {
  const { device, clock } = await connected();
  let feed: (chunk: Uint8Array | undefined) => void = () => undefined;
  const source = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await new Promise<Uint8Array | undefined>((resolve) => (feed = resolve));
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const pushing = pushAll(device.push({ path: PATH, source, mode: 0o644 }, NEVER));
  await clock.advance(100_000);
  feed(noise(1000));
  await clock.advance(100_000);
  feed(undefined);
  expect(await pushing).toEqual({ totals: [1000], result: { ok: true, value: undefined } });
  await device[Symbol.asyncDispose]();
});

test('pull: missing, too large, exactly as large as allowed', async () => {
  const { device, tap } = await connected();
  const bytes = noise(5_000_000);
  await pushAll(device.push({ path: PATH, source: streamOf(bytes), mode: 0o644 }, NEVER));
  expect(await device.pull(`${PATH}-missing`, 100, NEVER)).toMatchObject({
    failure: { code: 'device-file-missing' },
  });
  const before = tap.received;
  expect(await device.pull(PATH, 100_000, NEVER)).toMatchObject({
    failure: { code: 'output-flood' },
  });
  // F9: not all the rest either
  expect(tap.received - before).toBeLessThan(3_000_000);
  expect(same(valueOf(await device.pull(PATH, 5_000_000, NEVER)), bytes)).toBe(true);
  await device[Symbol.asyncDispose]();
});

test('pull: stopped, stalled, unplugged', async () => {
  const { device, tap, clock, usb } = await connected();
  await pushAll(
    device.push({ path: PATH, source: streamOf(noise(5_000_000)), mode: 0o644 }, NEVER),
  );
  tap.in = ({ command }) => (command === 'WRTE' ? 'lose' : 'pass');
  const stop = new AbortController();
  const stopped = device.pull(PATH, 1e7, stop.signal);
  await settle();
  stop.abort();
  await clock.advance(1000);
  expect(await stopped).toMatchObject({ failure: { code: 'cancelled' } });
  const stalled = device.pull(PATH, 1e7, NEVER);
  await clock.advance(30_000);
  await clock.advance(1000);
  expect(await stalled).toMatchObject({ failure: { code: 'stalled' } });
  const unplugged = device.pull(PATH, 1e7, NEVER);
  await settle();
  usb.unplug();
  expect(await unplugged).toMatchObject({ failure: { code: 'unplugged' } });
});
