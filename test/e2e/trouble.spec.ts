import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

const AGAIN = { name: 'Try again' };
const WITHOUT = { name: 'Go on without the scripted trouble' };

test('the cable goes while installing: one press goes on', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect('unplug');
  await visitor.question.fill('What color is the circle?');
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('The phone is gone', { timeout: 30_000 });
  await expect(visitor.trouble).toHaveCount(1);
  await visitor.expectAccessible();
  await page.getByRole('button', AGAIN).click();
  await expect(visitor.trouble).toHaveCount(0, { timeout: 20_000 });
  await expect(visitor.question).toHaveValue('What color is the circle?');
  expect(await visitor.ask()).toMatch(/blue/);
});

for (const trouble of ['auth-ignored', 'auth-refused'])
  test(`the phone never says yes (${trouble}): a countdown, then advice`, async ({ page }) => {
    await page.clock.install();
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.begin(trouble);
    await expect(page.getByRole('heading', { name: 'The phone asks its owner' })).toBeVisible();
    await expect(page.getByRole('timer')).toHaveText(/^\d:\d\d$/);
    await visitor.expectAccessible();
    await page.clock.fastForward('05:00');
    await expect(visitor.trouble).toContainText('did not say yes to this computer');
    await page.getByRole('button', WITHOUT).click();
    await expect(page.getByRole('button', { name: 'Disconnect' })).toBeVisible();
  });

test('waiting for the owner can be given up', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.begin('auth-ignored');
  await expect(page.getByRole('timer')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('timer')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Connect a phone' })).toBeVisible();
  await expect(visitor.trouble).toHaveCount(0);
});

test('the storage is full: said in words, and a phone with room goes on', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect('disk-full');
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('storage is full', { timeout: 30_000 });
  await visitor.expectAccessible();
  await page.getByRole('button', WITHOUT).click();
  await expect(visitor.trouble).toHaveCount(0, { timeout: 20_000 });
  expect(await visitor.ask()).toContain('red star');
});

test('a slow cable shows progress with rate and time left, and can be cancelled', async ({
  page,
}) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect('slow-link');
  await page.getByRole('button', { name: 'Install now' }).click();
  const bar = page.getByRole('progressbar').first();
  await expect(bar).toHaveAttribute('aria-valuetext', / [KM]B\/s/, { timeout: 30_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Install now' })).toBeVisible();
  await expect(visitor.trouble).toHaveCount(0);
  expect(await visitor.ask()).toContain('red star');
});

test('the program does not start: said, and a phone that has it goes on', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect('missing-program');
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('is not there', { timeout: 30_000 });
  await page.getByText('Details for a bug report').click();
  await expect(visitor.trouble).toContainText('127');
  await page.getByRole('button', WITHOUT).click();
  await expect(visitor.trouble).toHaveCount(0, { timeout: 20_000 });
  expect(await visitor.ask()).toContain('red star');
});

test('the server has lost the model: said, and trying again works when it is back', async ({
  page,
}) => {
  const visitor = new Visitor(page);
  await page.route('**/language.gguf', (route) => route.fulfill({ status: 404 }));
  await visitor.open();
  await visitor.connect();
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('could not be loaded', { timeout: 30_000 });
  await page.unroute('**/language.gguf');
  await page.getByRole('button', AGAIN).click();
  await expect(visitor.trouble).toHaveCount(0);
  expect(await visitor.ask()).toContain('red star');
});

test('a file with other bytes than promised is not installed', async ({ page }) => {
  const visitor = new Visitor(page);
  await page.route('**/language.gguf', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    await route.fulfill({ response, body });
  });
  await visitor.open();
  await visitor.connect();
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('other bytes than promised', { timeout: 30_000 });
});

test('a damaged manifest is told, and the page stays usable', async ({ page }) => {
  await page.route('**/tiny-vlm/manifest.json', (route) =>
    route.fulfill({ json: { schema: 'plugsight-bundle/1', id: '../etc' } }),
  );
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await expect(visitor.trouble).toContainText('not valid');
  await page.unroute('**/tiny-vlm/manifest.json');
  await page.getByRole('button', AGAIN).click();
  await expect(visitor.trouble).toHaveCount(0);
  expect(await visitor.ask()).toContain('red star');
});

test('a browser without WebUSB says which one has it and offers the virtual phone', async ({
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'usb', { value: undefined });
  });
  const visitor = new Visitor(page);
  await visitor.open();
  await expect(page.getByRole('button', { name: 'Connect a phone' })).toBeDisabled();
  await expect(page.getByText('Open this page in Chrome, Edge, Opera')).toBeVisible();
  await visitor.expectAccessible();
  await page.reload();
  await visitor.connect();
});

test('the chooser closed without a phone: advice that fits, and a way back', async ({ page }) => {
  const visitor = new Visitor(page);
  await page.addInitScript(() => {
    Object.defineProperty(USB.prototype, 'requestDevice', {
      value: () => Promise.reject(new DOMException('No device selected.', 'NotFoundError')),
    });
  });
  await visitor.open();
  await page.getByRole('button', { name: 'Connect a phone' }).click();
  await expect(visitor.trouble).toContainText('No phone was chosen');
  await expect(visitor.trouble).toContainText('USB debugging on');
  await visitor.connect();
});

test('a fault of ours is owned up to, with details to copy', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await page.evaluate(() => void Promise.reject(new Error('made by the test')));
  await expect(visitor.trouble).toContainText('Something in this page broke');
  await visitor.trouble.getByText('Details', { exact: true }).click();
  await expect(visitor.trouble).toContainText('made by the test');
  await page.getByRole('button', { name: 'Go on' }).click();
  await visitor.connect();
});

test('what a visitor unfolds stays unfolded when the page learns more', async ({ page }) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/llama-runner/manifest.json', async (route) => {
    await held;
    await route.continue();
  });
  const visitor = new Visitor(page);
  await visitor.open();
  await page.getByText('Make trouble').click();
  const arrived = page.waitForResponse('**/llama-runner/manifest.json');
  release();
  await (await arrived).finished();
  await page.waitForLoadState('networkidle');
  await expect(page.getByLabel('What goes wrong')).toBeVisible();
});
