import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCore } from '../src/adapters/preprocess/core';
import { buildWasm } from '../wasm/build';
import type { Answer } from './peers/worker';
import { bundle, openBench, serve, type Bench } from './preprocess/chromium';
import { cpuMs, rendererPeakMb } from './preprocess/cpu';
import { inNode, type Times } from './preprocess/native';
import { tensor } from './preprocess/ours';
import { photo, QWEN, TARGETS } from './preprocess/picture';

/**
 * `npm run bench:preprocess`: our preparation beside the others', interleaved in one Chromium worker, 12-megapixel photo.
 * Times are CPU ms (all threads of all Chromium processes) and wall ms; the least and the median of ROUNDS.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 11);
const PEERS = join(import.meta.dirname, 'peers');
const PKG = join(import.meta.dirname, '../wasm/pkg');

/** What no program that reads every pixel can beat by much. */
const FLOOR = 'memory traffic';

const RESIZERS = [
  'ours, SIMD',
  'ours, SIMD, pixels in place',
  'ours, scalar',
  'pica (lanczos2)',
  '@jsquash/resize (catrom)',
  'wasm-vips (reduce cubic)',
  'wasm-vips, pixels in place',
  'canvas (quality high)',
];

interface Row {
  readonly work: string;
  readonly name: string;
  readonly cpu: readonly number[];
  readonly wall: readonly number[];
  /** Share of samples that differ from the reference, and the largest difference. */
  readonly differing?: string;
  readonly error?: string;
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const least = (values: readonly number[]) => sorted(values)[0] ?? NaN;
const median = (values: readonly number[]) => sorted(values)[values.length >> 1] ?? NaN;

function installPeers(): void {
  if (existsSync(join(PEERS, 'node_modules/pica'))) return;
  console.error('Installing what we compare with (bench/peers) ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync(npm, args, {
    cwd: PEERS,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
}

/** Runs the Pillow script with the first Python that has Pillow. */
function pillow(
  folder: string,
  runs: number,
): { version: string; times: Record<string, Times[]> } | undefined {
  for (const python of ['/usr/bin/python3', 'python3', 'python']) {
    try {
      const script = join(import.meta.dirname, 'preprocess/pillow.py');
      const argv = [script, folder, String(runs)];
      const text = execFileSync(python, argv, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return JSON.parse(text) as { version: string; times: Record<string, Times[]> };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Runs candidates in turn, ROUNDS times, after one run that compares and warms up. */
async function measure(
  bench: Bench,
  work: string,
  names: readonly string[],
  size: readonly [number, number],
  reference: string,
): Promise<Row[]> {
  const job = (name: string) => ({ name, width: size[0], height: size[1] });
  const rows = names.map((name) => ({ work, name, cpu: [] as number[], wall: [] as number[] }));
  const first: Answer[] = [];
  for (const name of names) first.push(await bench.run({ ...job(name), reference }));
  const idle: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = cpuMs(process.pid) ?? NaN;
    await bench.run(job('nothing'));
    idle.push((cpuMs(process.pid) ?? NaN) - start);
    for (const [i, row] of rows.entries()) {
      if (first[i]?.error) continue;
      const before = cpuMs(process.pid) ?? NaN;
      const { ms } = await bench.run(job(row.name));
      row.cpu.push((cpuMs(process.pid) ?? NaN) - before);
      row.wall.push(ms);
    }
  }
  // What asking costs is not the candidate's.
  const asking = median(idle);
  const samples = size[0] * size[1] * 3;
  return rows.map((row, i) => {
    const { differing, largest, error } = first[i] ?? {};
    const share = ((differing ?? 0) / samples) * 100;
    return {
      ...row,
      cpu: row.cpu.map((ms) => Math.max(0, ms - asking)),
      ...(differing !== undefined && {
        differing:
          differing === 0
            ? '0'
            : `${share.toFixed(1)} %, by up to ${Number((largest ?? 0).toFixed(2))}`,
      }),
      ...(error && { error }),
    };
  });
}

function print(title: string, rows: readonly Row[]): void {
  const ours = rows[0];
  console.log(`\n**${title}**\n`);
  console.log(
    '|  | CPU ms, least (median) | wall ms, least (median) | times ours | samples that differ |',
  );
  console.log('| --- | ---: | ---: | ---: | --- |');
  for (const row of rows) {
    if (row.error) {
      console.log(`| ${row.name} | failed: ${row.error.slice(0, 80)} | | | |`);
      continue;
    }
    const cell = (values: readonly number[]) =>
      `${least(values).toFixed(1)} (${median(values).toFixed(1)})`;
    const ratio = median(row.cpu) / median(ours?.cpu ?? []);
    console.log(
      `| ${row.name} | ${cell(row.cpu)} | ${cell(row.wall)} | ${ratio.toFixed(2)} | ${row.differing ?? ''} |`,
    );
  }
}

installPeers();
await buildWasm((text) => console.error(text));
const folder = mkdtempSync(join(tmpdir(), 'plugsight-bench-'));
const bundled = join(folder, 'bundle');
mkdirSync(bundled);
writeFileSync(join(folder, 'photo.rgba'), photo());
const python = pillow(folder, 0);
if (!python) throw new Error('the references come from Pillow: install it (Debian: python3-pil)');
const core = await startCore(readFileSync(join(PKG, 'core-scalar.wasm')), 'scalar');
for (const [picture, reference] of [
  ['photo.rgba', 'photo.f32'],
  ['jpeg.rgba', 'jpeg.f32'],
] as const) {
  const rgba = new Uint8ClampedArray(readFileSync(join(folder, picture)));
  writeFileSync(join(folder, reference), tensor(core, rgba));
}
await bundle(bundled);
const server = await serve({
  '/data/': folder,
  '/bundle/': bundled,
  '/peers/': join(PEERS, 'node_modules'),
  '/': PKG,
});
const all: Row[] = [];
const memory: Record<string, number | undefined> = {};
const browser = { version: '' };
try {
  {
    await using bench = await openBench(server);
    browser.version = bench.version;
    for (const target of TARGETS)
      all.push(
        ...(await measure(
          bench,
          `12 MP RGBA to ${target.join(' x ')}`,
          RESIZERS,
          target,
          `${target.join('x')}.rgb`,
        )),
      );
    const size = [QWEN.width, QWEN.height] as const;
    const tensors = ['ours: RGBA to tensor', 'transformers.js: RGBA to tensor'];
    all.push(
      ...(await measure(bench, '12 MP RGBA to Qwen2.5-VL tensor', tensors, size, 'photo.f32')),
    );
    const files = [
      'ours: JPEG to tensor',
      'transformers.js: JPEG to tensor',
      'ours: JPEG, with hashes and preview',
    ];
    all.push(
      ...(await measure(bench, '12 MP JPEG file to Qwen2.5-VL tensor', files, size, 'jpeg.f32')),
    );
    all.push(...(await measure(bench, FLOOR, ['memory: 48.8 MB into WASM'], size, 'photo.f32')));
  }
  for (const name of ['nothing', 'ours: JPEG to tensor', 'transformers.js: JPEG to tensor']) {
    await using bench = await openBench(server);
    await bench.run({ name, width: QWEN.width, height: QWEN.height });
    memory[name] = rendererPeakMb(process.pid);
  }
  const timed = pillow(folder, ROUNDS);
  const native = await inNode(folder, ROUNDS);
  for (const [w, h] of TARGETS) {
    const row = (name: string, times: readonly Times[]): Row => ({
      work: `in Node, 12 MP to ${w} x ${h}`,
      name,
      cpu: times.map(([cpu]) => cpu),
      wall: times.map(([, wall]) => wall),
    });
    all.push(
      row('ours, SIMD', native[`ours ${w}x${h}`] ?? []),
      row(`Pillow ${python.version}, RGB`, timed?.times[`${w}x${h}`] ?? []),
      row('sharp, RGB, one thread', native[`sharp ${w}x${h}`] ?? []),
    );
  }
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, ${process.platform}, Node ${process.versions.node}, Chromium ${browser.version}`;
console.log(`${machine}; ${ROUNDS} rounds; ratios of median CPU time`);
for (const work of new Set(all.map((row) => row.work)))
  print(
    work,
    all.filter((row) => row.work === work),
  );
const idleMb = memory['nothing'] ?? NaN;
console.log('\n**Most memory of the renderer, one JPEG to tensor, a new browser each**\n');
console.log('|  | MB | over doing nothing |');
console.log('| --- | ---: | ---: |');
for (const [name, mb] of Object.entries(memory))
  console.log(
    `| ${name} | ${mb?.toFixed(0) ?? 'unknown'} | ${((mb ?? NaN) - idleMb).toFixed(0)} |`,
  );
const floor = median(all.find((row) => row.work === FLOOR)?.cpu ?? []);
const kernel = median(all.find((row) => row.name === 'ours, SIMD, pixels in place')?.cpu ?? []);
console.log(
  `\nDistance to the floor: reading the picture once and writing it once takes ${floor.toFixed(1)} ms, our resize to ${TARGETS[0].join(' x ')} ${(kernel / floor).toFixed(1)} times that.`,
);
const rounded = all.map((row) => ({
  ...row,
  cpu: row.cpu.map((ms) => Number(ms.toFixed(2))),
  wall: row.wall.map((ms) => Number(ms.toFixed(2))),
}));
console.log(
  `\n${JSON.stringify({ machine, rounds: ROUNDS, rows: rounded, rendererPeakMb: memory })}`,
);
process.exit(0); // sharp keeps a thread pool
