import { defineConfig } from '@playwright/test';
import { chromiumArgs, ensureChromium } from './src/cli/chromium';
import { freePort } from './src/cli/free-port';

// Chosen once and handed to the workers, which read this file again.
process.env['E2E_PORT'] ??= String(await freePort());
const SITE = `http://localhost:${process.env['E2E_PORT']}/`;

/** End-to-end tests: the built page (`npm run build` first) in the Chromium of this computer. */
export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  forbidOnly: Boolean(process.env['CI']),
  // A browser on a busy machine may miss a moment; what fails twice is broken. Retried tests show as flaky.
  retries: process.env['CI'] ? 1 : 0,
  workers: 2,
  timeout: 60_000,
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['E2E_JSON'] ?? 'test-results/playwright.json' }],
  ],
  use: {
    baseURL: SITE,
    launchOptions: { executablePath: ensureChromium(), args: chromiumArgs() },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  webServer: {
    command: `npm run --silent preview -- --port ${process.env['E2E_PORT']} --strictPort`,
    url: SITE,
  },
});
