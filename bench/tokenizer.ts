import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type CDPSession, type Page } from '@playwright/test';
import { build } from 'vite';
import { chromiumArgs, ensureChromium } from '../src/cli/chromium';
import type { CompiledCache } from '../src/adapters/tokenizer/cache';
import { fromBytes, toBytes } from '../src/adapters/tokenizer/compiled';
import { qwenFile } from '../test/golden/tokenizer/qwen';
import { TASKS, tokenizerWork, type Task, type TaskName } from './tokenizer-work';

/**
 * Our tokenizer against @huggingface/tokenizers with Qwen2.5's file, in Node and in a worker in Chromium, in turns:
 *   npx tsx bench/tokenizer.ts [--rounds N] [--json FILE]
 * CPU is that of the whole process (garbage collection and compiler threads included). Medians of the rounds; the first
 * round, in which everything is compiled by the engine, is left out.
 */
interface Figures {
  readonly cpuMs: number;
  readonly wallMs: number;
}
type Measured = Record<TaskName, Figures>;
type RunTask = (task: Task) => Promise<Figures>;

/** Whose time is divided by whose, and what the project promises. */
const RATIOS: readonly { what: string; peer: TaskName; ours: TaskName; target?: number }[] = [
  {
    what: 'load, first time',
    peer: 'load: @huggingface/tokenizers',
    ours: 'load: ours, compiling tokenizer.json',
  },
  {
    what: 'load, from the cache',
    peer: 'load: @huggingface/tokenizers',
    ours: 'load: ours, from the cache',
    target: 10,
  },
  {
    what: '200 KB, no word seen before',
    peer: '200 KB: @huggingface/tokenizers',
    ours: '200 KB: ours, no word seen before',
    target: 10,
  },
  {
    what: '200 KB, again',
    peer: '200 KB: @huggingface/tokenizers',
    ours: '200 KB: ours, again',
  },
  { what: '100 B', peer: '100 B: @huggingface/tokenizers', ours: '100 B: ours' },
];

async function rounds(count: number, run: RunTask): Promise<Measured> {
  const all = new Map<TaskName, Figures[]>(TASKS.map(({ name }) => [name, []]));
  for (let round = 0; round <= count; round++)
    for (const task of TASKS) {
      const figures = await run(task);
      if (round > 0) all.get(task.name)?.push(figures);
    }
  const of = (name: TaskName, key: keyof Figures) =>
    median((all.get(name) ?? []).map((figures) => figures[key]));
  return Object.fromEntries(
    TASKS.map(({ name }) => [name, { cpuMs: of(name, 'cpuMs'), wallMs: of(name, 'wallMs') }]),
  ) as Measured;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function inNode(): Promise<RunTask> {
  const work = await tokenizerWork(new Blob([qwenFile('qwen2_5')]), memoryCache());
  return async ({ name, times }) => {
    const started = performance.now();
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) await work[name]();
    const { user, system } = process.cpuUsage(before);
    const wallMs = (performance.now() - started) / times;
    return { cpuMs: (user + system) / 1000 / times, wallMs };
  };
}

/** Node has no private files of an origin; bytes are copied as if they were read. */
function memoryCache(): CompiledCache {
  const files = new Map<string, Uint8Array>();
  return {
    get: async (sha256) => {
      const file = files.get(sha256);
      return file && fromBytes(file.slice().buffer);
    },
    put: async (sha256, compiled) => void files.set(sha256, toBytes(compiled)),
  };
}

/** Runs `use` with a worker in Chromium, all of it served from here. */
async function inChromium<T>(use: (run: RunTask, version: string) => Promise<T>): Promise<T> {
  const code = await bundle('tokenizer-worker.ts');
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: chromiumArgs(),
  });
  try {
    const page = await browser.newPage();
    const file = Buffer.from(qwenFile('qwen2_5'));
    const html = '<script type="module">globalThis.worker = new Worker("/worker.js")</script>';
    await page.route('http://localhost/**', (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/worker.js')
        return route.fulfill({ contentType: 'text/javascript', body: code });
      if (pathname === '/tokenizer.json') return route.fulfill({ body: file });
      return route.fulfill({ contentType: 'text/html', body: html });
    });
    await page.goto('http://localhost/');
    return await use(inPage(page, await browser.newBrowserCDPSession()), browser.version());
  } finally {
    await browser.close();
  }
}

function inPage(page: Page, cdp: CDPSession): RunTask {
  return async (task) => {
    const before = await rendererSeconds(cdp);
    const wallMs = await page.evaluate((sent) => {
      const { worker } = globalThis as unknown as { worker: Worker };
      return new Promise<number>((resolve, reject) => {
        worker.onmessage = (event: MessageEvent<number>) => resolve(event.data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(sent);
      });
    }, task);
    const cpuMs = (await rendererSeconds(cdp)) - before;
    return { cpuMs: (cpuMs * 1000) / task.times, wallMs: wallMs / task.times };
  };
}

async function rendererSeconds(cdp: CDPSession): Promise<number> {
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  return processInfo
    .filter(({ type }) => type === 'renderer')
    .reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function bundle(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'chrome120',
      lib: { entry: join(import.meta.dirname, entry), formats: ['es'], fileName: 'worker' },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  const output = first && 'output' in first ? first.output[0] : undefined;
  if (!output) throw new Error('nothing was built');
  return output.code;
}

const ms = (value: number) => (value < 1 ? value.toFixed(4) : value.toFixed(1)).padStart(9);

function print(place: string, measured: Measured): void {
  console.log(`\n${place}: CPU ms, wall ms`);
  for (const { name } of TASKS)
    console.log(`  ${name.padEnd(38)}${ms(measured[name].cpuMs)} ${ms(measured[name].wallMs)}`);
  console.log('  times faster: CPU, wall (promised)');
  for (const { what, cpu, wall, target } of ratios(measured))
    console.log(
      `  ${what.padEnd(38)}${cpu.toFixed(1).padStart(9)} ${wall.toFixed(1).padStart(9)}${target ? ` (${target})` : ''}`,
    );
}

const ratios = (measured: Measured) =>
  RATIOS.map(({ what, peer, ours, target }) => ({
    what,
    cpu: measured[peer].cpuMs / measured[ours].cpuMs,
    wall: measured[peer].wallMs / measured[ours].wallMs,
    target,
  }));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
  });
  const count = Number(values.rounds);
  if (!Number.isInteger(count) || count < 1) throw new Error('--rounds: a number from 1');
  const machine = `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`;
  console.log(`Qwen2.5 tokenizer on ${machine}, median of ${count} rounds`);
  const node = await rounds(count, await inNode());
  print(`Node ${process.version}`, node);
  const browser = await inChromium(async (run, version) => {
    const measured = await rounds(count, run);
    print(`Chromium ${version}, worker`, measured);
    return { version, measured, ratios: ratios(measured) };
  });
  if (!values.json) return;
  const report = {
    machine,
    rounds: count,
    node: { version: process.version, measured: node, ratios: ratios(node) },
    browser,
  };
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

await main();
