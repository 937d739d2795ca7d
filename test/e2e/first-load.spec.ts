import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** Issue 2: what a visitor's browser loads before a phone is chosen. */
const MAX_SCRIPT_BYTES = 60_000;

test('before a phone is chosen, little is loaded: no ADB, no WASM, no model', async ({ page }) => {
  const bodies: Promise<{ path: string; gzipped: number }>[] = [];
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    bodies.push(
      response.body().then(
        (body) => ({ path, gzipped: gzipSync(body, { level: 9 }).length }),
        () => ({ path, gzipped: 0 }), // a redirect has no body
      ),
    );
  });
  await page.goto('./');
  await expect(page.getByRole('button', { name: /virtual phone/i }).first()).toBeVisible();
  await page.waitForLoadState('networkidle');
  const loaded = await Promise.all(bodies);
  const scripts = loaded.filter(({ path }) => path.endsWith('.js'));
  const total = scripts.reduce((sum, { gzipped }) => sum + gzipped, 0);
  test.info().annotations.push({
    type: 'figure',
    description: `${total} bytes of gzipped JavaScript in ${scripts.length} files`,
  });
  expect(scripts.length).toBeGreaterThan(0);
  expect(total).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
  expect(loaded.filter(({ path }) => /\.(wasm|gguf)$|worker/.test(path))).toEqual([]);
});
