import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

const LOOKS = [
  { name: 'light', use: { colorScheme: 'light', viewport: { width: 1280, height: 800 } } },
  { name: 'dark', use: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } } },
  {
    name: 'phone width',
    use: { colorScheme: 'light', viewport: { width: 360, height: 740 }, hasTouch: true },
  },
] as const;
const SENTENCE =
  'from left to right: a red star, a blue circle and an orange diamond on a white background.';

for (const { name, use } of LOOKS)
  test.describe(name, () => {
    test.use(use);

    test('from the first screen to an answer with figures, and nothing for axe to find', async ({
      page,
    }) => {
      const visitor = new Visitor(page);
      await visitor.open();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(/vision model on the phone/);
      await visitor.expectAccessible();
      await visitor.expectNoSideways();

      await page.reload();
      await visitor.connect();
      await expect(
        page.getByText('virtual phone, simulated; inference by llama.cpp'),
      ).toBeVisible();
      await expect(page.getByText('the model sees 128 × 128')).toBeVisible();
      await visitor.expectNoSideways();
      await visitor.expectAccessible();

      expect(await visitor.ask()).toBe(SENTENCE);
      await expect(page.getByText('input exact')).toBeVisible();
      await expect(page.getByText(/^engine llama\.cpp/)).toBeVisible();
      await expect(page.getByText(/verified on the phone/)).toBeVisible();
      await visitor.expectNoSideways();
      await visitor.expectAccessible();
      expect(visitor.complaints).toEqual([]);
    });
  });

test('two clicks lead from the opened page to the first word', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await page.getByRole('button', { name: 'Try the virtual phone' }).click();
  await visitor.run.click();
  await expect(visitor.answer).toHaveText(/\w/, { timeout: 60_000 });
});

test('figures carry unit and source, phases say who measured them', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.ask();
  const phases = page.getByRole('table', { name: /phases of the run/i });
  await expect(phases.getByRole('row', { name: /^load .* runner$/ })).toBeVisible();
  await expect(phases.getByRole('row', { name: /^send .* page$/ })).toBeVisible();
  await page.getByText('All figures').click();
  const figures = page.getByRole('table').filter({ hasText: 'decode_rate' });
  await expect(
    figures.getByRole('row', { name: /decode_rate [\d.]+ tok\/s runner/ }),
  ).toBeVisible();
  await expect(figures.getByRole('row', { name: /ttft_page_ms [\d.]+ m?s page/ })).toBeVisible();
});

test('the report can be saved as JSON and Markdown; both say that the phone is simulated', async ({
  page,
}) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.ask();
  const saved = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  };
  const report: unknown = JSON.parse(await saved('Save JSON'));
  expect(report).toMatchObject({
    schema: 'plugsight-report/1',
    text: SENTENCE,
    device: {
      simulated: true,
      note: 'virtual phone, simulated; inference by llama.cpp (WASM) in this page',
    },
  });
  const markdown = await saved('Save Markdown');
  expect(markdown).toContain(SENTENCE);
  expect(markdown).toContain('simulated');
});

test('the command and the raw log can be read', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.ask();
  await page.getByText('Command, environment, raw log').click();
  await expect(page.getByText(/llama-runner --model \/data\/local\/tmp/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Raw log' })).toBeVisible();
});

test('the theme button pins a theme that the next visit remembers', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await background();
  await page.getByRole('button', { name: /^Theme: auto/ }).click();
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  expect(await background()).not.toBe(before);
  await page.reload();
  await expect(page.getByRole('button', { name: /^Theme: dark/ })).toBeVisible();
  expect(await background()).not.toBe(before);
});

test('after the payload is removed, Run installs it again', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.ask();
  await page.getByRole('button', { name: 'Remove from phone' }).click();
  await expect(page.getByRole('button', { name: 'Install now' })).toBeVisible();
  expect(await visitor.ask()).toBe(SENTENCE);
});

test('disconnecting leads back to the first screen, and the question stays', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.question.fill('What color is the circle?');
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByRole('heading', { name: /vision model on the phone/ })).toBeVisible();
  await visitor.connect();
  await expect(visitor.question).toHaveValue('What color is the circle?');
});
