import { expect, test } from 'vitest';
import type { Failure } from '../../../../src/domain/failure';
import { connected, NEVER, pushAll, valueOf } from './rig';

const ECHO = 'exec cat';
/** Text that does not repeat in any short period. */
const text = (length: number) =>
  Array.from({ length }, (_, i) => String.fromCharCode(97 + (((i * 2654435761) >>> 20) % 26))).join(
    '',
  );

/** A source that gives 100,000 bytes again and again: `times`, or for ever; then it closes or breaks. */
function source(
  times: number,
  onPull: (given: number) => void = () => undefined,
  reason?: unknown,
) {
  const chunk = new TextEncoder().encode(text(100_000));
  const counter = { given: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        onPull(counter.given);
        if (counter.given < times * chunk.byteLength) {
          controller.enqueue(chunk);
          counter.given += chunk.byteLength;
        } else if (reason === undefined) controller.close();
        else controller.error(reason);
      },
      cancel: () => void (counter.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { stream, counter };
}

test.each([0, 1, 65_536, 1_048_571, 1_048_572, 3_000_001])(
  '%i bytes reach the stdin of a script as they were',
  async (length) => {
    await using device = (await connected()).device;
    const sent = text(length);
    const { totals, result } = await pushAll(
      device.feed({ script: ECHO, source: new Blob([sent]).stream() }, NEVER),
    );
    const output = valueOf(result);
    expect(output.exitCode).toBe(0);
    expect(output.stdout === sent).toBe(true);
    expect(totals).toEqual([...new Set(totals)].sort((a, b) => a - b));
    if (length > 0) expect(totals.at(-1)).toBe(length);
  },
);

test('a script that ends before its stdin does: its exit code, the source let go', async () => {
  await using device = (await connected()).device;
  const { stream, counter } = source(Infinity);
  const script = 'echo full >&2; exit 7';
  const { result } = await pushAll(device.feed({ script, source: stream }, NEVER));
  expect(valueOf(result)).toMatchObject({ exitCode: 7, stderr: 'full\n' });
  expect(counter.cancelled).toBe(true);
});

test('stopping, or leaving the loop, ends the script and lets go of the source', async () => {
  const { device, phone } = await connected();
  const stop = new AbortController();
  // the program takes nothing: by then the first write waits for it
  const stopped = source(Infinity, (given) => given >= 1e6 && setImmediate(() => stop.abort()));
  const sink = { script: 'exec sleep 3600', source: stopped.stream };
  expect((await pushAll(device.feed(sink, stop.signal))).result).toMatchObject({
    failure: { code: 'cancelled' },
  });
  const left = source(Infinity);
  for await (const total of device.feed({ script: ECHO, source: left.stream }, NEVER))
    if (total > 1e6) break;
  expect([stopped.counter.cancelled, left.counter.cancelled]).toEqual([true, true]);
  expect(valueOf(await device.shell('echo well', NEVER)).stdout).toBe('well\n');
  expect(phone.processes.list()).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test('a source that breaks is the failure that is reported', async () => {
  await using device = (await connected()).device;
  const feed = async (reason: unknown) =>
    (
      await pushAll(
        device.feed({ script: ECHO, source: source(20, undefined, reason).stream }, NEVER),
      )
    ).result;
  expect(await feed(new TypeError('network error'))).toEqual({
    ok: false,
    failure: { code: 'bundle-unreachable', detail: 'TypeError: network error' },
  });
  const own: Failure = { code: 'size-mismatch', detail: 'shorter than promised' };
  expect(await feed(own)).toEqual({ ok: false, failure: own });
});

test('an unplug in the middle', async () => {
  const { device, usb } = await connected();
  const { stream, counter } = source(Infinity, (given) => given > 2e6 && usb.unplug());
  const { result } = await pushAll(device.feed({ script: ECHO, source: stream }, NEVER));
  expect(result).toMatchObject({ failure: { code: 'unplugged' } });
  expect(counter.cancelled).toBe(true);
});

test('a phone that takes nothing for 30 s has stalled', async () => {
  const { device, clock } = await connected();
  const { stream, counter } = source(Infinity);
  let result: unknown;
  void pushAll(device.feed({ script: 'exec sleep 3600', source: stream }, NEVER)).then(
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
  await device[Symbol.asyncDispose]();
});

test('a source that is slow is not a stalled phone', async () => {
  const { device, clock } = await connected();
  const slow = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await clock.advance(120_000);
        controller.enqueue(new TextEncoder().encode('late'));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const { result } = await pushAll(device.feed({ script: ECHO, source: slow }, NEVER));
  expect(valueOf(result).stdout).toBe('late');
  await device[Symbol.asyncDispose]();
});
