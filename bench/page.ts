import { cpus } from 'node:os';
import { chromium, type Browser, type Page } from '@playwright/test';
import { chromiumArgs, ensureChromium } from '../src/cli/chromium';
import type {} from '../src/cli/page-driver'; // window.plugsight
import { START_PORT } from '../src/cli/commands';
import { ensureBuilt, serve } from '../src/cli/site';

/** `npm run bench`: how long a person waits on the virtual phone, and how smooth the page stays meanwhile. */
const ROUNDS = 5;

interface Round {
  /** From opening the page, ms on the page's own clock. */
  readonly pageMs: number;
  readonly phoneMs: number;
  readonly firstWordMs: number;
  readonly clicks: number;
  /** Pressing Run to the request being in the runner's pipe; prepare, send and load not counted. */
  readonly hostMs: number | undefined;
  /** Tasks over 50 ms on the page's thread while the answer streamed. */
  readonly longTasks: readonly number[];
  /** Longest time that text stood in the page's state and not yet on the screen. */
  readonly lagMs: number;
}

/** One visit: open, virtual phone, Run, answer. */
async function visit(page: Page, url: string): Promise<Round> {
  // esbuild (in tsx) wraps named functions in a helper of its own, which `watch` takes along into the page.
  await page.addInitScript('globalThis.__name = (made) => made');
  await page.goto(url);
  let clicks = 0;
  const click = async (name: RegExp) => {
    clicks += 1;
    await page.getByRole('button', { name }).first().click();
  };
  const now = () => page.evaluate(() => performance.now());
  const pageMs = await now();
  await click(/virtual phone/i);
  await page.getByRole('button', { name: /^run/i }).waitFor();
  const phoneMs = await now();
  await page.evaluate(watch);
  await click(/^run/i);
  await page.waitForFunction(
    () => window.plugsight?.last() && !window.plugsight.run().running,
    undefined,
    { timeout: 120_000 },
  );
  const seen = await page.evaluate(() => ({
    ...window.watched,
    hostMs: window.plugsight?.last()?.report.stats.host_overhead_ms?.value,
  }));
  const { firstWordMs = Number.NaN, lagMs = Number.NaN, longTasks = [], hostMs } = seen;
  return { pageMs, phoneMs, firstWordMs, clicks, hostMs, longTasks, lagMs };
}

interface Watched {
  firstWordMs: number | undefined;
  lagMs: number;
  longTasks: number[];
}

declare global {
  interface Window {
    watched: Watched;
  }
}

/** Runs in the page: looks at state and screen in every frame, and collects long tasks from the first word on. */
function watch(): void {
  const watched: Watched = { firstWordMs: undefined, lagMs: 0, longTasks: [] };
  window.watched = watched;
  let behindSince: number | undefined;
  const frame = () => {
    const text = window.plugsight?.run().state?.text.trim() ?? '';
    const shown = text !== '' && document.body.innerText.includes(text);
    const at = performance.now();
    if (shown) watched.firstWordMs ??= at;
    if (text === '' || shown) behindSince = undefined;
    else behindSince ??= at;
    if (behindSince !== undefined) watched.lagMs = Math.max(watched.lagMs, at - behindSince);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (watched.firstWordMs !== undefined && startTime >= watched.firstWordMs)
        watched.longTasks.push(Math.round(duration));
  }).observe({ type: 'longtask' });
}

/** Cold: a new profile each time. Warm: the same profile again, after one visit that does not count. */
async function rounds(browser: Browser, url: string, warm: boolean): Promise<Round[]> {
  const done: Round[] = [];
  let context = await browser.newContext();
  if (warm) await visit(await context.newPage(), url);
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await context.newPage();
    done.push(await visit(page, url));
    await page.close();
    if (!warm) {
      await context.close();
      context = await browser.newContext();
    }
  }
  await context.close();
  return done;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

await ensureBuilt('stderr');
await using site = await serve(START_PORT, false);
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: chromiumArgs(),
});
try {
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${process.platform}, Chromium ${browser.version()}`;
  console.log(`${machine}; median of ${ROUNDS} (slowest)\n`);
  console.log(
    '|      | clicks | page | phone ready | first word | host overhead | screen behind | long tasks |',
  );
  console.log(
    '| ---- | ------ | ---- | ----------- | ---------- | ------------- | ------------- | ---------- |',
  );
  const results: Record<string, Round[]> = {};
  for (const kind of ['cold', 'warm']) {
    const all = await rounds(browser, site.url, kind === 'warm');
    results[kind] = all;
    const cell = (pick: (round: Round) => number | undefined) => {
      const values = all.map(pick).filter((value) => value !== undefined);
      return `${median(values).toFixed(0)} ms (${Math.max(...values).toFixed(0)})`;
    };
    console.log(
      `| ${kind} | ${all[0]?.clicks} | ${cell((r) => r.pageMs)} | ${cell((r) => r.phoneMs)} | ${cell((r) => r.firstWordMs)} | ${cell((r) => r.hostMs)} | ${cell((r) => r.lagMs)} | ${all.flatMap((r) => r.longTasks).length} |`,
    );
  }
  console.log(`\n${JSON.stringify({ machine, rounds: results })}`);
} finally {
  await browser.close();
}
