import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureChromium } from '../src/cli/chromium';
import { ROOT, npmRun } from '../src/cli/commands';

/** Counts of one suite. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  readonly title: string;
  /** npm script and its arguments. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Reads how many tests ran; absent: the step is one check. */
  readonly count?: () => Promise<Counts>;
}

const RESULTS = join(ROOT, 'test-results');
const UNIT_JSON = join(RESULTS, 'vitest.json');
const E2E_JSON = join(RESULTS, 'playwright.json');

/** `npm test`, in this order. Later steps run even when earlier ones failed. */
const STEPS: readonly Step[] = [
  { title: 'format', script: 'format' },
  { title: 'lint', script: 'lint' },
  { title: 'wasm', script: 'wasm' },
  { title: 'types', script: 'check' },
  {
    title: 'unit, golden, property, layers',
    script: 'unit',
    args: ['--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_JSON}`],
    count: countVitest,
  },
  { title: 'build', script: 'build' },
  { title: 'e2e', script: 'e2e', count: countPlaywright },
];

async function countVitest(): Promise<Counts> {
  const report = JSON.parse(await readFile(UNIT_JSON, 'utf8')) as Record<string, number>;
  const of = (name: string) => report[name] ?? 0;
  return {
    passed: of('numPassedTests'),
    failed: of('numFailedTests'),
    skipped: of('numPendingTests') + of('numTodoTests'),
  };
}

async function countPlaywright(): Promise<Counts> {
  const { stats } = JSON.parse(await readFile(E2E_JSON, 'utf8')) as {
    stats: Record<'expected' | 'unexpected' | 'flaky' | 'skipped', number>;
  };
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  };
}

/** Runs a step. A step that failed counts at least one failure, even when it left no report (a crash, a broken test file). */
async function run({ title, script, args, count }: Step): Promise<Counts> {
  console.log(`\n== ${title} (npm run ${script})`);
  const started = performance.now();
  const good = (await npmRun(script, args, { env: { E2E_JSON } })) === 0;
  const counts = (await count?.().catch(() => undefined)) ?? {
    passed: good && !count ? 1 : 0,
    failed: 0,
    skipped: 0,
  };
  // A suite that counted nothing at all has not passed.
  const broken = !good || counts.passed + counts.failed + counts.skipped === 0;
  const failed = Math.max(counts.failed, broken ? 1 : 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${title}: ${failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  return { ...counts, failed };
}

await rm(RESULTS, { recursive: true, force: true });
await mkdir(RESULTS, { recursive: true });
console.log(`Chromium: ${ensureChromium()}`);

const total = { passed: 0, failed: 0, skipped: 0 };
for (const step of STEPS) {
  const counts = await run(step);
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
