import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { build } from 'vite';
import { chromiumArgs, ensureChromium } from '../../src/cli/chromium';
import type { Answer, Job } from '../peers/worker';

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};

/** Bundles bench/peers/worker.ts. */
export async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: join(import.meta.dirname, '../peers'),
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir,
      target: 'esnext',
      lib: { entry: 'worker.ts', formats: ['es'], fileName: 'worker' },
    },
  });
}

/** Serves `routes` (path prefix to folder), isolated, so that wasm-vips gets its threads. */
export async function serve(routes: Record<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html');
      return response.end('<!doctype html><title>bench</title>');
    }
    const [prefix = '', folder = ''] =
      Object.entries(routes).find(([start]) => path.startsWith(start)) ?? [];
    const file = normalize(join(folder, path.slice(prefix.length)));
    if (!folder || !file.startsWith(folder + sep) || !existsSync(file) || !statSync(file).isFile())
      return response.writeHead(404).end();
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    return createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

/** A worker in a Chromium of its own. */
export interface Bench extends AsyncDisposable {
  readonly version: string;
  run(job: Job): Promise<Answer>;
}

export async function openBench(server: Server): Promise<Bench> {
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs() });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.addInitScript('globalThis.__name = (made) => made'); // esbuild's helper
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  const started = await startWorker(page);
  if (started.error) throw new Error(started.error);
  return {
    version: browser.version(),
    run: (job) => page.evaluate((j) => (globalThis as unknown as Runner).run(j), job),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

interface Runner {
  run(job: Job): Promise<Answer>;
}

function startWorker(page: Page): Promise<Answer> {
  return page.evaluate(() => {
    const worker = new Worker('/bundle/worker.js', { type: 'module' });
    const answer = () =>
      new Promise<Answer>((resolve) => {
        worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
        worker.onerror = ({ message }) =>
          resolve({ ms: NaN, error: `the worker fails: ${message}` });
      });
    Object.assign(globalThis, {
      run: (job: Job) => {
        worker.postMessage(job);
        return answer();
      },
    });
    return answer();
  });
}
