import { expect, test } from '@playwright/test';

test('the page opens, says what it is, and asks no other server for anything', async ({
  page,
  baseURL,
}) => {
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(baseURL ?? '') && !/^(data|blob):/.test(url)) foreign.push(url);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto('./');
  await expect(page).toHaveTitle(/Plugsight/);
  await page.waitForLoadState('networkidle');
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

test('bundles are served beside the page, and only what their manifests name', async ({
  request,
}) => {
  const manifest = await request.get('./bundles/tiny-vlm/manifest.json');
  expect(await manifest.json()).toMatchObject({ schema: 'plugsight-bundle/1', id: 'tiny-vlm' });
  const weights = await request.get('./bundles/tiny-vlm/language.gguf');
  expect((await weights.body()).subarray(0, 4).toString()).toBe('GGUF');
  const script = await request.get('./bundles/tiny-vlm/training/train.py');
  expect(script.status()).toBe(404);
});
