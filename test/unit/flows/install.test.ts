import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BundleFile, BundleSource, Manifest } from '../../../src/domain/bundle';
import { parseFacts, type DeviceFacts } from '../../../src/domain/device-facts';
import { DEVICE_ROOT } from '../../../src/domain/device';
import type { FailureCode } from '../../../src/domain/failure';
import type { InstalledBundle } from '../../../src/domain/pipeline';
import { fail, ok, type Result } from '../../../src/domain/result';
import { install, type InstallEvent } from '../../../src/flows/install';
import { FakeDevice } from '../../fakes/device';

let device: FakeDevice;
beforeEach(() => void (device = new FakeDevice()));
afterEach(() => device[Symbol.asyncDispose]());

const facts: DeviceFacts = {
  ...parseFacts('', 'x'),
  ...{ abis: ['arm64-v8a'], sdk: 34, memoryFreeBytes: 1e9 },
};
const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const RUNNER = '#!/bin/sh\necho hello\n';
const MODEL = 'weights'.repeat(50_000);

type Entry = Partial<BundleFile> & { readonly data: string };
const file = ({ data, ...given }: Entry): BundleFile => ({
  ...{ path: 'file', bytes: data.length, sha256: sha256(data), mode: '644', url: 'x' },
  ...{ role: 'other', ...given },
});
const ENTRIES: Entry[] = [
  { path: 'bin/runner', data: RUNNER, mode: '755', role: 'runner', abi: 'arm64-v8a' },
  { path: 'model.gguf', data: MODEL },
];

/** A bundle whose files arrive in pieces of 64 KiB. `sent` may bring other bytes than promised. */
function bundle(entries: readonly Entry[], id = 'b', sent: Record<string, string> = {}) {
  const manifest: Manifest = {
    ...{ schema: 'plugsight-bundle/1', id, version: '1', title: 't', kind: 'runner' },
    ...{ licence: 'MIT', pipelines: ['p'], requires: {}, files: entries.map(file) },
  };
  const opened: string[] = [];
  const cancelled: string[] = [];
  const source: BundleSource = {
    manifest,
    open: async ({ path, sha256: wanted }) => {
      opened.push(path);
      const data = sent[path] ?? entries.find((entry) => sha256(entry.data) === wanted)?.data ?? '';
      const pieces = Buffer.from(data);
      let at = 0;
      return ok(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            if (at >= pieces.byteLength) return controller.close();
            controller.enqueue(pieces.subarray(at, (at += 65_536)));
          },
          cancel: () => void cancelled.push(path),
        }),
      );
    },
  };
  return { source, opened, cancelled };
}

interface Outcome {
  readonly events: InstallEvent[];
  readonly result: Result<InstalledBundle>;
}
async function run(source: BundleSource, signal = new AbortController().signal, known = facts) {
  const events: InstallEvent[] = [];
  const installing = install(device, source, known, signal);
  for (;;) {
    const step = await installing.next();
    if (step.done) return { events, result: step.value } satisfies Outcome;
    events.push(step.value);
  }
}

const list = (folder: string) =>
  existsSync(join(device.root, folder)) ? readdirSync(join(device.root, folder)) : [];
/** The promise of a failed install: nothing under a name that counts; of what was on its way, at most a part. */
function expectFailed(
  { result }: Outcome,
  code: FailureCode,
  whole: readonly string[] = [],
  parts: readonly string[] = [],
) {
  expect(result).toMatchObject({ ok: false, failure: { code } });
  expect(list('files').sort()).toEqual([...whole].sort());
  expect(list('bundles')).toEqual([]);
  expect(list('tmp')).toEqual(parts);
}
const PART = `${sha256(MODEL)}.part`;
function expectProgress({ events }: Outcome) {
  const done = events.map(({ doneBytes }) => doneBytes);
  const total = events[0]?.totalBytes ?? -1;
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(new Set(events.map(({ totalBytes }) => totalBytes))).toEqual(new Set([total]));
  expect(done.at(-1)).toBe(total);
}

test('a first install puts every file in its place, ready to run', async () => {
  const outcome = await run(bundle(ENTRIES).source);
  expect(outcome.result).toMatchObject({
    ok: true,
    value: { dir: `${DEVICE_ROOT}/bundles/b@1`, files: [{ mode: '755' }, { mode: '644' }] },
  });
  const dir = join(device.root, 'bundles/b@1');
  expect(readFileSync(join(dir, 'bin/runner'), 'utf8')).toBe(RUNNER);
  expect(statSync(join(dir, 'bin/runner')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(dir, 'model.gguf'), 'utf8')).toBe(MODEL);
  expect(list('files').sort()).toEqual([sha256(RUNNER), sha256(MODEL)].sort());
  expect(list('tmp')).toEqual([]);
  expectProgress(outcome);
  expect(outcome.events.length).toBeGreaterThan(6);
});

test('an unchanged install sends nothing and is at its end at once', async () => {
  await run(bundle(ENTRIES).source);
  const again = bundle(ENTRIES);
  const pushes = device.pushes.length;
  const outcome = await run(again.source);
  expect(outcome.result.ok).toBe(true);
  expect(again.opened).toEqual([]);
  expect(device.pushes).toHaveLength(pushes);
  expect(outcome.events.at(-1)?.skippedBytes).toBe(RUNNER.length + MODEL.length);
  expectProgress(outcome);
});

test('two bundles with a file in common store it once', async () => {
  await run(bundle(ENTRIES).source);
  const other = bundle([...ENTRIES.slice(0, 1), { path: 'other/name', data: MODEL }], 'c');
  const outcome = await run(other.source);
  expect(outcome.result.ok).toBe(true);
  expect(other.opened).toEqual([]);
  expect(list('files')).toHaveLength(2);
  expect(readFileSync(join(device.root, 'bundles/c@1/other/name'), 'utf8')).toBe(MODEL);
});

test('two entries with the same bytes are sent once and counted twice', async () => {
  const twins = bundle([...ENTRIES, { path: 'copy', data: MODEL }]);
  const outcome = await run(twins.source);
  expect(outcome.result.ok).toBe(true);
  expect(twins.opened).toHaveLength(2);
  expect(readFileSync(join(device.root, 'bundles/b@1/copy'), 'utf8')).toBe(MODEL);
  expectProgress(outcome);
});

test('bytes that came as plain data run when a bundle needs them as a program', async () => {
  const plain = { path: 'data', data: RUNNER };
  await run(bundle([plain, { path: 'r', data: 'x', role: 'runner' }], 'first').source);
  const outcome = await run(bundle(ENTRIES.slice(0, 1)).source);
  expect(outcome.result.ok).toBe(true);
  expect(statSync(join(device.root, 'bundles/b@1/bin/runner')).mode & 0o777).toBe(0o755);
});

test('a stored file of the wrong size is sent again', async () => {
  mkdirSync(join(device.root, 'files'), { recursive: true });
  writeFileSync(join(device.root, 'files', sha256(MODEL)), 'short');
  const outcome = await run(bundle(ENTRIES).source);
  expect(outcome.result.ok).toBe(true);
  expect(readFileSync(join(device.root, 'files', sha256(MODEL)), 'utf8')).toBe(MODEL);
});

test.each<[string, string, FailureCode]>([
  ['other bytes', 'X'.repeat(MODEL.length), 'hash-mismatch'],
  ['too few bytes', MODEL.slice(1), 'size-mismatch'],
  ['no bytes', '', 'size-mismatch'],
  ['too many bytes', `${MODEL}x`, 'size-mismatch'],
  ['endless bytes', MODEL.repeat(20), 'size-mismatch'],
])('a server that sends %s', async (_, data, code) => {
  const bad = bundle(ENTRIES, 'b', { 'model.gguf': data });
  expectFailed(await run(bad.source), code, [sha256(RUNNER)]);
});

test('a server that breaks off in the middle', async () => {
  const { source } = bundle(ENTRIES);
  const breaking: BundleSource = {
    ...source,
    open: async () =>
      ok(
        new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(10)),
          pull: (controller) => controller.error(new TypeError('network error')),
        }),
      ),
  };
  expectFailed(await run(breaking), 'bundle-unreachable');
});

test('a file that the server does not have', async () => {
  const { source } = bundle(ENTRIES);
  const failure = fail('bundle-unreachable', '404');
  expectFailed(await run({ ...source, open: async () => failure }), 'bundle-unreachable');
});

test('a phone that stores other bytes', async () => {
  device.tool('sha256sum', `echo "${'0'.repeat(64)}  $1"`);
  expectFailed(await run(bundle(ENTRIES).source), 'device-hash-mismatch');
});

test('a phone without sha256sum', async () => {
  device.tool('sha256sum', 'exit 127');
  expectFailed(await run(bundle(ENTRIES).source), 'device-tool-missing');
});

test('a phone that fills up while a file is sent', async () => {
  const { source, cancelled } = bundle(ENTRIES);
  device.pushTrouble = { afterBytes: 100_000, failure: { code: 'disk-full' } };
  expectFailed(await run(source), 'disk-full', [sha256(RUNNER)], [PART]);
  expect(cancelled).toEqual(['model.gguf']);
});

test('a phone that is full when a file gets its name', async () => {
  device.tool('mv', 'echo "mv: bad: No space left on device" >&2; exit 1');
  expectFailed(await run(bundle(ENTRIES).source), 'disk-full');
});

test('a phone that lets nobody write', async () => {
  device.tool('mkdir', 'echo "mkdir: x: Read-only file system" >&2; exit 1');
  expectFailed(await run(bundle(ENTRIES).source), 'device-denied');
});

test('too little space is told before anything is sent', async () => {
  device.tool(
    'df',
    `echo 'Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/x 9 9 1024 1% /'`,
  );
  expectFailed(await run(bundle(ENTRIES).source), 'space-low');
  expect(device.pushes).toEqual([]);
});

test('too little memory and too old an Android are told before anything is sent', async () => {
  const { source } = bundle(ENTRIES);
  const manifest = { ...source.manifest, requires: { memoryBytes: 2e9 } };
  expectFailed(await run({ ...source, manifest }), 'memory-low');
  const newer = { ...source.manifest, requires: { minSdk: 35 } };
  expectFailed(await run({ ...source, manifest: newer }), 'abi-unsupported');
  expect(device.pushes).toEqual([]);
});

test('a phone whose processor no program fits is not touched', async () => {
  const outcome = await run(bundle(ENTRIES).source, undefined, { ...facts, abis: ['x86_64'] });
  expectFailed(outcome, 'abi-unsupported');
  expect(device.scripts).toEqual([]);
});

test('cancelling in the middle of a file leaves a part', async () => {
  const stop = new AbortController();
  const { source, cancelled } = bundle(ENTRIES);
  device.pushTrouble = { afterBytes: 100_000, then: () => stop.abort() };
  expectFailed(await run(source, stop.signal), 'cancelled', [sha256(RUNNER)], [PART]);
  expect(cancelled).toEqual(['model.gguf']);
});

test('a caller that stops listening in the middle leaves a part', async () => {
  const { source, cancelled } = bundle(ENTRIES);
  for await (const { file: at } of install(device, source, facts, new AbortController().signal))
    if (at === 'model.gguf') break;
  expect(cancelled).toEqual(['model.gguf']);
  expect(list('tmp')).toEqual([PART]);
  expect(list('files')).toEqual([sha256(RUNNER)]);
});

test('parts of other bundles stay a week; the rest of tmp/ too', async () => {
  await run(bundle(ENTRIES).source);
  const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);
  const add = (name: string, time = new Date()) => {
    writeFileSync(join(device.root, 'tmp', name), 'x');
    utimesSync(join(device.root, 'tmp', name), time, time);
  };
  add(`${'a'.repeat(64)}.part`);
  add(`${'b'.repeat(64)}.part`, old);
  add(`${'b'.repeat(64)}.note`, old);
  add('odd; name', old);
  expect((await run(bundle(ENTRIES).source)).result.ok).toBe(true);
  expect(list('tmp').sort()).toEqual([`${'a'.repeat(64)}.part`, 'odd; name']);
});

test('where space is short, parts of other bundles go first', async () => {
  mkdirSync(join(device.root, 'tmp'), { recursive: true });
  const stray = join(device.root, 'tmp', `${'a'.repeat(64)}.part`);
  writeFileSync(stray, 'x');
  const row = (kib: number) => `echo 'F 1K-blocks Used A\n/dev/x 9 9 ${kib} 1% /'`;
  device.tool('df', `if [ -e ${stray} ]; then ${row(1024)}; else ${row(999_999)}; fi`);
  expect((await run(bundle(ENTRIES).source)).result.ok).toBe(true);
  expect(list('tmp')).toEqual([]);
});

test('a phone without tar gets the same, file by file', async () => {
  await run(bundle(ENTRIES).source);
  const [first] = device.scripts;
  expect(first).toContain('command -v tar');
  const bare = new FakeDevice();
  const shell = bare.shell.bind(bare);
  bare.shell = (text, signal) => shell(text.replaceAll('command -v tar', ':'), signal);
  await device[Symbol.asyncDispose]();
  device = bare;
  const outcome = await run(bundle(ENTRIES).source);
  expect(outcome.result.ok).toBe(true);
  expect(readFileSync(join(device.root, 'bundles/b@1/bin/runner'), 'utf8')).toBe(RUNNER);
  expect(device.scripts.some((text) => text.includes('tar -x'))).toBe(false);
  expectProgress(outcome);
});
