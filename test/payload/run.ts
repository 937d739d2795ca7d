import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../src/cli/commands';

/** `npm run test:payload`: everything about the native runner, the emulated processors too. Ends with its counts. */
const json = join(ROOT, 'test-results/payload.json');
mkdirSync(join(json, '..'), { recursive: true });
rmSync(json, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--config', join(import.meta.dirname, 'vitest.config.ts')],
    ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${json}`],
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
const report = JSON.parse(readFileSync(json, 'utf8')) as Record<string, number>;
const [passed = 0, failed = 0, skipped = 0] = ['Passed', 'Failed', 'Pending'].map(
  (name) => report[`num${name}Tests`],
);
// A file that does not even load has no failed test.
const broken = failed === 0 && status !== 0 ? 1 : 0;
console.log(`\n${passed} passed, ${failed + broken} failed, ${skipped} skipped`);
process.exitCode = failed + broken === 0 ? 0 : 1;
