import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseFacts } from '../../../src/domain/device-facts';
import { install, onPhoneBytes, type InstallEvent } from '../../../src/flows/install';
import { makeBundle, type MadeBundle } from '../../device/made-bundle';
import { FakeDevice } from '../../fakes/device';

const MB = 1 << 20;
const SIZE = 4 * MB + 12_345;
const NEVER = new AbortController().signal;
const facts = { ...parseFacts('', 'x'), abis: ['x86_64'] };

let device: FakeDevice;
let bundle: MadeBundle;
let name: string;
beforeEach(() => {
  device = new FakeDevice();
  bundle = makeBundle({ model: SIZE });
  name = bundle.manifest.files[0]?.sha256 ?? '';
});
afterEach(() => device[Symbol.asyncDispose]());

async function run(source: Pick<MadeBundle, 'manifest' | 'open'> = bundle) {
  const events: InstallEvent[] = [];
  const installing = install(device, source, facts, NEVER);
  for (;;) {
    const step = await installing.next();
    if (step.done) return { events, result: step.value };
    events.push(step.value);
  }
}
/** An install whose cable goes at a byte; the cable is back afterwards. */
async function cut(atByte: number) {
  device.pushTrouble = { afterBytes: device.pushedBytes + atByte, failure: { code: 'unplugged' } };
  expect((await run()).result).toMatchObject({ failure: { code: 'unplugged' } });
  device.replug();
}
const part = () => join(device.root, 'tmp', `${name}.part`);
const note = () => join(device.root, 'tmp', `${name}.note`);
const list = (folder: string) =>
  existsSync(join(device.root, folder)) ? readdirSync(join(device.root, folder)) : [];
function expectWhole() {
  expect(list('files')).toEqual([name]);
  expect(list('tmp')).toEqual([]);
}

test('goes on at the last mark; the source is not read again', async () => {
  await cut(3 * MB + 500_000);
  expect(await onPhoneBytes(device, bundle.manifest, facts, NEVER)).toMatchObject({
    value: { totalBytes: SIZE },
  });
  const { result, events } = await run();
  expect(result.ok).toBe(true);
  const [first, second = 0] = bundle.read.from;
  expect(first).toBe(0);
  expect([2 * MB, 3 * MB]).toContain(second); // the cut may take the last mark with it
  expect(bundle.read.bytes).toBeLessThan(SIZE + 2.5 * MB);
  expect(events.at(-1)).toEqual({
    ...{ kind: 'verify', file: 'model', doneBytes: SIZE, totalBytes: SIZE, skippedBytes: second },
  });
  expectWhole();
});

test('progress is not at its end before the phone has hashed the file', async () => {
  await cut(2 * MB);
  const { events } = await run();
  const verified = events.filter(({ doneBytes, totalBytes }) => doneBytes === totalBytes);
  expect(verified).toEqual([events.at(-1)]);
  const done = events.map(({ doneBytes }) => doneBytes);
  expect(done).toEqual([...done].sort((a, b) => a - b));
});

test('a cut before the first mark begins anew', async () => {
  await cut(MB - 1);
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0, 0]);
  expectWhole();
});

test('a part that is whole, but was not verified, is only verified', async () => {
  device.tool('mv', 'exit 9');
  expect((await run()).result).toMatchObject({ failure: { code: 'command-failed' } });
  device.tool('mv', 'exec /usr/bin/env -i PATH=/usr/bin:/bin mv "$@"');
  const { result, events } = await run();
  expect(result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0]);
  expect(events.at(-1)?.skippedBytes).toBe(SIZE);
  expectWhole();
});

test('bytes that changed before the mark are noticed, and all is sent anew', async () => {
  await cut(3.5 * MB);
  const bytes = readFileSync(part());
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(part(), bytes);
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0, 0]);
  expectWhole();
});

test('what lies behind the mark is cut off, whatever it is', async () => {
  await cut(3.5 * MB);
  appendFileSync(part(), Buffer.alloc(1000, 7));
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from[1]).toBeGreaterThanOrEqual(2 * MB);
  expectWhole();
});

test.each([
  ['no notes', () => ''],
  ['notes cut off in a line', (text: string) => text.slice(0, 100)],
  ['notes of nonsense', (text: string) => text.replaceAll(/ \S+$/gm, ` ${'A'.repeat(156)}`)],
  ['notes that promise too much', (text: string) => text.replaceAll(/ \d+ /g, ' 99999999999 ')],
])('%s: all is sent anew', async (_, spoil) => {
  await cut(3.5 * MB);
  writeFileSync(note(), spoil(readFileSync(note(), 'utf8')));
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0, 0]);
  expectWhole();
});

test('a phone without truncate begins anew', async () => {
  device.tool('truncate', 'exit 127');
  await cut(3.5 * MB);
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0, 0]);
  expectWhole();
});

test('a phone that stores other bytes is told after a second attempt', async () => {
  device.tool('sha256sum', `echo "${'0'.repeat(64)}  $1"`);
  expect((await run()).result).toMatchObject({ failure: { code: 'device-hash-mismatch' } });
  expect(bundle.read.from).toEqual([0, 0]);
  expect(list('files')).toEqual([]);
  expect(list('tmp')).toEqual([]);
});

test('a server that sent other bytes before the cut is asked for all of it once more', async () => {
  const other = makeBundle({ model: SIZE });
  const { manifest } = bundle;
  device.pushTrouble = { afterBytes: 3.5 * MB, failure: { code: 'unplugged' } };
  await run({ manifest, open: (file, signal, from) => other.open(file, signal, from) });
  device.replug();
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toHaveLength(2);
  expect(bundle.read.from[1]).toBe(0);
  expectWhole();
});

test('a source that breaks off leaves a part to go on from', async () => {
  const breaking: MadeBundle['open'] = async (file, signal, from) => {
    const opened = await bundle.open(file, signal, from);
    if (!opened.ok) return opened;
    const reader = opened.value.getReader();
    let given = 0;
    return {
      ok: true,
      value: new ReadableStream({
        async pull(controller) {
          if (given > 3 * MB) return controller.error(new TypeError('network error'));
          const { value } = await reader.read();
          given += value?.byteLength ?? 0;
          if (value) controller.enqueue(value);
        },
      }),
    };
  };
  const { manifest } = bundle;
  expect((await run({ manifest, open: breaking })).result).toMatchObject({
    failure: { code: 'bundle-unreachable' },
  });
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from[1]).toBe(4 * MB);
  expectWhole();
});

test('a stored file that was touched is verified, one that was changed is sent again', async () => {
  expect((await run()).result.ok).toBe(true);
  const stored = join(device.root, 'files', name);
  expect((await run()).events.map(({ kind }) => kind)).toEqual(['look', 'look']);
  utimesSync(stored, new Date(), new Date());
  expect((await run()).events.map(({ kind }) => kind)).toContain('verify');
  expect(bundle.read.from).toEqual([0]);
  writeFileSync(stored, Buffer.alloc(SIZE));
  expect((await run()).result.ok).toBe(true);
  expect(bundle.read.from).toEqual([0, 0]);
  expectWhole();
});
