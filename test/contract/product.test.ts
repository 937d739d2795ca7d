import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock';
import { DEVICE_ROOT, type Device } from '../../src/domain/device';
import { PhoneBench } from '../../src/flows/bench';
import { probe } from '../../src/flows/probe';
import { removeAll, usage } from '../../src/flows/remove';
import { Sent } from '../../src/flows/sent';
import { NEVER, valueOf } from '../unit/adapters/adb/rig';
import { pattern, sh, start } from './ask';
import { DATA, installing, MANIFEST, sha256, source, TOTAL } from './bundle';
import { HOME, onEachDevice } from './phones';
import { commandsOf, record } from './recorded';

/**
 * Every command that the product's flows send. All of them run below, on both kinds of phone. A flow that sends
 * another one fails "sends no other commands": then it needs a test here first.
 */
const COMMANDS = [
  ...['[', ':', 'cat', 'cd', 'chmod', 'command', 'date', 'df', 'du', 'dumpsys', 'echo', 'exit'],
  ...['fsync', 'getprop', 'grep', 'head', 'ln', 'mkdir', 'mv', 'rm', 'sha256sum', 'stat', 'sync'],
  ...['touch', 'true', 'truncate'],
];
/** Sent only to a phone that has it: many small files in one archive, or one by one. */
const WITH_TAR = ['tar'];

const tree = async (device: Device, folder: string) =>
  (await sh(device, `cd ${DEVICE_ROOT}/${folder} && ls -A`)).stdout.split('\n').filter(Boolean);

/** The bytes in pieces of 64 KiB; `taken` hears where each begins. */
function inPieces(data: Uint8Array, taken: (at: number) => unknown): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken(at);
        if (at >= data.length) return controller.close();
        controller.enqueue(data.slice(at, (at += 1 << 16)));
      },
    },
    { highWaterMark: 0 },
  );
}

onEachDevice('the product', (real) => {
  const scripts: string[] = [];
  const device = () => record(real(), scripts);

  test('a probe reads what the phone is', async () => {
    const facts = valueOf(await probe(device(), NEVER));
    expect(facts.manufacturer).toBe('Plugsight');
    expect(facts.model).toMatch(/^(Test device|Virtual phone) \(.+\)$/);
    expect(facts.abis[0]).toMatch(/^(x86_64|wasm32)$/);
    expect(facts).toMatchObject({ android: '14', sdk: 34 });
    for (const figure of ['memoryBytes', 'memoryFreeBytes', 'storageFreeBytes', 'cores'] as const)
      expect(facts[figure], figure).toBeGreaterThan(0);
    expect(facts.bigCores).toBeLessThanOrEqual(facts.cores ?? 0);
  });

  test('an installation puts every file in its place, and the next one sends nothing', async () => {
    const first = await installing(device(), source());
    const { dir } = valueOf(first.result);
    expect(first.events.at(-1)).toMatchObject({ doneBytes: TOTAL, totalBytes: TOTAL });
    for (const { path, bytes, sha256: wanted } of MANIFEST.files) {
      expect(sha256(valueOf(await device().pull(`${dir}/${path}`, bytes, NEVER))), path).toBe(
        wanted,
      );
      const target = (await sh(real(), `readlink -f ${dir}/${path}`)).stdout.trim();
      expect(target).toBe(`${DEVICE_ROOT}/files/${wanted}`);
    }
    expect(await tree(real(), 'files')).toHaveLength(3);
    expect(await tree(real(), 'tmp')).toEqual([]);
    const modes = await sh(real(), `cd ${dir} && stat -L -c %a bin/program docs/notes`);
    expect(modes.stdout).toBe('755\n644\n');

    const again = await installing(device(), source());
    valueOf(again.result);
    expect(again.events.map(({ kind }) => kind)).not.toContain('send');
    expect(again.events.at(-1)).toMatchObject({ skippedBytes: TOTAL });
  });

  test('a stored file that was cut is sent again', async () => {
    const name = `${DEVICE_ROOT}/files/${sha256(DATA.weights)}`;
    await sh(real(), `echo cut > ${name}`);
    const { events, result } = await installing(device(), source());
    valueOf(result);
    expect(events.at(-1)?.skippedBytes).toBe(TOTAL - DATA.weights.length);
    expect((await sh(real(), `sha256sum ${name}`)).stdout.slice(0, 64)).toBe(sha256(DATA.weights));
  });

  test('bytes that are not those of the manifest are refused, and nothing half done is left', async () => {
    valueOf(await removeAll(device(), NEVER));
    const damaged = source((data) => data.map((byte, i) => (i === 5 ? byte ^ 1 : byte)));
    const { result } = await installing(device(), damaged);
    expect(result).toMatchObject({ failure: { code: 'hash-mismatch' } });
    for (const folder of ['files', 'bundles']) expect(await tree(real(), folder)).toEqual([]);
  });

  test('a stop in the middle leaves no part under a name that counts', async () => {
    const stop = new AbortController();
    const { result } = await installing(
      device(),
      source((data) => {
        if (data.length === DATA.weights.length) queueMicrotask(() => stop.abort());
        return data;
      }),
      stop.signal,
    );
    expect(result).toMatchObject({ failure: { code: 'cancelled' } });
    expect(await tree(real(), 'bundles')).toEqual([]);
    expect(await tree(real(), 'files')).not.toContain(sha256(DATA.weights));
    valueOf((await installing(device(), source())).result);
  });

  test('what was stopped in the middle goes on from there', async () => {
    valueOf(await removeAll(device(), NEVER));
    const stop = new AbortController();
    const cut = source((data) =>
      data.length < DATA.weights.length
        ? data
        : inPieces(data, (at) => at > 2_500_000 && stop.abort()),
    );
    const { result } = await installing(device(), cut, stop.signal);
    expect(result).toMatchObject({ failure: { code: 'cancelled' } });
    let rest = 0;
    const counting = source((data) => {
      rest = Math.max(rest, data.length);
      return data;
    });
    valueOf((await installing(device(), counting)).result);
    // what a mark noted is not sent again: they are 1 MiB apart
    expect(rest).toBeLessThanOrEqual(DATA.weights.length - (1 << 20));
    const stored = `${DEVICE_ROOT}/files/${sha256(DATA.weights)}`;
    expect((await sh(real(), `sha256sum ${stored}`)).stdout.slice(0, 64)).toBe(
      sha256(DATA.weights),
    );
  });

  test('what is used is told, and removing leaves nothing', async () => {
    const used = valueOf(await usage(device(), NEVER));
    const stored = Object.values(DATA).reduce((sum, { length }) => sum + length, 0);
    expect(used).toBeGreaterThanOrEqual(stored);
    expect(used).toBeLessThan(stored + 100_000);
    valueOf(await removeAll(device(), NEVER));
    expect(valueOf(await usage(device(), NEVER))).toBe(0);
    expect((await sh(real(), `ls -A ${HOME}`)).stdout).toBe('');
    valueOf(await removeAll(device(), NEVER));
  });

  test('a workbench: files in and out, sizes, heads, searches; gone at its end', async () => {
    const phone = { device: device(), clock: systemClock, sent: new Sent(device()) };
    const bench = valueOf(await PhoneBench.open(phone, { run: 'r1', state: 'state' }, NEVER));
    const bytes = pattern(300_000);
    expect(valueOf(await bench.put("it's a file", bytes))).toBe(`${bench.dir}/it's a file`);
    expect(valueOf(await bench.size("it's a file"))).toBe(bytes.length);
    expect(valueOf(await bench.size('none'))).toBeUndefined();
    expect(valueOf(await bench.head("it's a file", 70_000))).toEqual(bytes.slice(0, 70_000));
    expect(await bench.head('none', 10)).toMatchObject({ failure: { code: 'command-failed' } });
    expect(valueOf(await bench.get("it's a file", bytes.length))).toEqual(bytes);
    valueOf(await bench.put('words', 'one\n-two "three"\n'));
    expect(valueOf(await bench.contains('words', '-two "three"'))).toBe(true);
    expect(valueOf(await bench.contains('words', 'one.'))).toBe(false);
    expect(valueOf(await bench.folder('a/b'))).toBe(`${bench.dir}/a/b`);
    valueOf(await bench.remove('words'));
    expect(valueOf(await bench.size('words'))).toBeUndefined();
    await bench[Symbol.asyncDispose]();
    expect(await tree(real(), 'runs')).toEqual(['state']);
  });

  test('an interrupted program ends with SIGINT', async () => {
    const process = await start(device(), 'sleep', '4711');
    await process.interrupt();
    expect(await process.exit).toEqual({ ok: true, value: 130 });
  });

  test('sends no other commands', async () => {
    const used = new Set(scripts.flatMap(commandsOf));
    const others = [...used].filter((name) => !COMMANDS.includes(name));
    const hasTar = (await sh(real(), 'command -v tar')).exitCode === 0;
    expect(others).toEqual(hasTar ? WITH_TAR : []);
    expect(used.size).toBeGreaterThan(15);
  });
});
