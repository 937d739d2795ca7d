import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BundleSource } from '../src/domain/bundle';
import { DEVICE_ROOT, type Device } from '../src/domain/device';
import { parseFacts } from '../src/domain/device-facts';
import type { Result } from '../src/domain/result';
import { install } from '../src/flows/install';
import type { LinkModel } from '../test/device/cable';
import { connectTo, NEVER } from '../test/device/connect';
import { startDevice, whyNoDevice } from '../test/device/device';
import { bundleOf, fileStream, Material } from './adb-material';
import { NativeAdb, type NativeDevice } from './native-adb';

/**
 * `npm run bench:adb [-- --rounds N] [--big MB] [--only WORD]`: our ADB adapter in Node against Google's adb, on the same real
 * adbd, in turns. bench/README.md has the figures and says what they mean.
 */
const MB = 1 << 20;
const SMALL = { count: 300, bytes: 10 << 10 };
const SPARSE_BYTES = 3 * 1024 * MB;
/** What a USB 2 phone is like, by the model of test/device/cable.ts. */
const USB2: LinkModel = { msPerTransfer: 0.15, bytesPerSecond: 40e6 };
/** Memory, not a disk: what is compared is the way to the phone. */
const DISK_BYTES = 8 * 1024 * MB;
const HOME = '/data/local/tmp';
const facts = { ...parseFacts('', 'x'), abis: ['x86_64'] };

/** Both clients on one adbd. */
interface Ends {
  readonly native: NativeDevice;
  readonly device: Device;
}
/** One comparison; both give seconds. */
interface Row {
  readonly what: string;
  /** Given: shown as MB/s. */
  readonly bytes?: number;
  /** Ours must be so many times as fast as the other. */
  readonly target?: number;
  /** Ours must take at most so many seconds. */
  readonly seconds?: number;
  /** Before each of the two; not counted. Otherwise the phone is emptied. */
  readonly prepare?: (ends: Ends) => Promise<unknown>;
  readonly native: (ends: Ends) => Promise<number>;
  readonly ours: (ends: Ends) => Promise<number>;
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.failure.code}: ${result.failure.detail ?? ''}`);
}
async function timed(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
async function drain<T>(steps: AsyncGenerator<unknown, Result<T>, void>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return must(step.value);
  }
}

const empty = ({ device }: Ends) => device.shell(`rm -rf ${HOME}/bench* ${DEVICE_ROOT}`, NEVER);
const installing = (bundle: BundleSource) => (ends: Ends) =>
  timed(() => drain(install(ends.device, bundle, facts, NEVER)));

/** One file, all ways of sending it. */
async function bigRows(material: Material, megabytes: number): Promise<readonly Row[]> {
  const path = await material.noise(megabytes);
  const back = join(material.dir, 'back');
  const [bytes, to] = [megabytes * MB, `${HOME}/bench`];
  const push = ({ native }: Ends) => native.push(path, to);
  const put = async ({ device }: Ends) => {
    const source = await fileStream(path);
    return drain(device.push({ path: to, source, mode: 0o644 }, NEVER));
  };
  const feed = async ({ device }: Ends) =>
    drain(device.feed({ script: `exec cat >> ${to}`, source: await fileStream(path) }, NEVER));
  const pull = async ({ device }: Ends) =>
    writeFile(back, must(await device.pull(to, bytes, NEVER)));
  const bundle = await bundleOf(`big-${megabytes}`, [path]);
  const size = `${megabytes} MiB`;
  return [
    {
      what: `${size}, as an installation sends (cat >> part)`,
      ...{ bytes, target: 0.9, native: push, ours: (ends) => timed(() => feed(ends)) },
    },
    {
      what: `${size}, sync push`,
      ...{ bytes, target: 0.9, native: push, ours: (ends) => timed(() => put(ends)) },
    },
    {
      what: `${size}, sync pull`,
      ...{ bytes, target: 0.9, prepare: put },
      native: ({ native }) => native.pull(to, back),
      ours: (ends) => timed(() => pull(ends)),
    },
    {
      what: `${size}, installation whole; adb: push, sync, sha256sum`,
      bytes,
      native: async ({ native }) => {
        const seconds = await native.push(path, to);
        const check = `fsync ${to} 2>/dev/null || sync; sha256sum ${to}`;
        return seconds + (await timed(() => native.shell(check)));
      },
      ours: installing(bundle),
    },
  ];
}

async function smallRow(material: Material): Promise<Row> {
  const paths = await material.small(SMALL.count, SMALL.bytes);
  return {
    what: `${SMALL.count} files of 10 KiB; ours verified and linked, too`,
    target: 10,
    native: ({ native }) => native.push(join(material.dir, 'small'), `${HOME}/bench`),
    ours: installing(await bundleOf('small', paths)),
  };
}

async function unchangedRow(material: Material): Promise<Row> {
  const path = await material.sparse(SPARSE_BYTES);
  const bundle = await bundleOf('sparse', [path]);
  const stored = `${DEVICE_ROOT}/files/${bundle.manifest.files[0]?.sha256 ?? ''}`;
  const native = ({ native: adb }: Ends) => timed(() => adb.pushNew(path, `${HOME}/bench-sparse`));
  let there = false;
  return {
    what: '3 GiB that are there already (sparse); adb: push --sync',
    seconds: 1,
    async prepare(ends) {
      if (there) return;
      there = true;
      await native(ends);
      // Found with the right size and no seal: the first installation hashes it on the phone.
      must(
        await ends.device.shell(
          `mkdir -p ${DEVICE_ROOT}/files; truncate -s ${SPARSE_BYTES} ${stored}`,
          NEVER,
        ),
      );
      await installing(bundle)(ends);
    },
    native,
    ours: installing(bundle),
  };
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(rows: readonly Row[], ends: Ends, rounds: number) {
  const times = rows.map(() => ({ native: [] as number[], ours: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const [i, row] of rows.entries()) {
      const prepare = async () => {
        if (!row.prepare || row.bytes !== undefined) await empty(ends);
        await row.prepare?.(ends);
      };
      await prepare();
      times[i]?.native.push(await row.native(ends));
      await prepare();
      times[i]?.ours.push(await row.ours(ends));
      process.stderr.write('.');
    }
  process.stderr.write('\n');
  return rows.map((row, i) => ({
    row,
    native: median(times[i]?.native ?? []),
    ours: median(times[i]?.ours ?? []),
  }));
}

function line({ row, native, ours }: Awaited<ReturnType<typeof measure>>[number]): string {
  const show = (seconds: number) =>
    row.bytes
      ? `${Math.round(row.bytes / seconds / 1e6)} MB/s`
      : `${Math.round(seconds * 1000)} ms`;
  const ratio = native / ours;
  const met = (row.target ?? 0) <= ratio && ours <= (row.seconds ?? Infinity);
  const wanted = row.seconds ? `< ${row.seconds} s` : row.target ? `${row.target} x` : '';
  const verdict = wanted && `${wanted}${met ? '' : ', **missed**'}`;
  return `| ${row.what} | ${show(native)} | ${show(ours)} | ${ratio.toFixed(2)} x | ${verdict} |`;
}

/** test/device/cable.ts in a process of its own. */
async function forkCable(
  port: number,
  model: LinkModel,
): Promise<{ readonly port: number } & Disposable> {
  const child = fork(join(import.meta.dirname, 'cable-process.ts'));
  child.send({ port, model });
  const [message] = (await once(child, 'message')) as [{ readonly port: number }];
  return { ...message, [Symbol.dispose]: () => child.disconnect() };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      big: { type: 'string', default: '1024' },
      only: { type: 'string', default: '' },
    },
  });
  const reason = await whyNoDevice();
  if (reason) throw new Error(`no test device here: ${reason}`);
  await using machine = await startDevice({ dataBytes: DISK_BYTES });
  await using adb = await NativeAdb.start();
  await using material = await Material.make();
  const rounds = Number(values.rounds);
  const few = Math.max(1, Math.ceil(rounds / 2));
  const chosen = (rows: readonly Row[]) => rows.filter(({ what }) => what.includes(values.only));
  const [medium, small] = [await bigRows(material, 64), await smallRow(material)];
  const big = await bigRows(material, Number(values.big));

  console.log(
    `adb ${adb.version}, ${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}`,
  );
  const head =
    '| what | adb | ours | adb / ours, time | wanted |\n| --- | ---: | ---: | ---: | --- |';
  const table = async (
    title: string,
    port: number,
    sets: readonly (readonly [readonly Row[], number])[],
  ) => {
    const native = await adb.connect(port);
    await using device = await connectTo(port);
    const lines: string[] = [];
    for (const [rows, times] of sets)
      lines.push(...(await measure(chosen(rows), { native, device }, times)).map(line));
    console.log(`\n${title}; load ${loadavg()[0]?.toFixed(0)}\n\n${head}\n${lines.join('\n')}`);
  };
  await table(`TCP on this computer, medians of ${rounds} (big: ${few})`, machine.port, [
    [[...medium, small], rounds],
    [big, few],
    [[await unchangedRow(material)], rounds],
  ]);
  using cable = await forkCable(machine.port, USB2);
  const model = `${USB2.bytesPerSecond / 1e6} MB/s, ${USB2.msPerTransfer} ms for each transfer`;
  await table(`The same through a modelled USB 2 link (${model}), medians of ${few}`, cable.port, [
    [[...medium, small], few],
  ]);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
