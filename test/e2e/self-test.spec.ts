import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import type { SelfTestReport } from '../../src/domain/self-test';
import { whyNoDevice } from '../device/device';
import { damaged, zeroed } from '../fakes/gguf-tensors';
import { echo } from '../fakes/onnx';
import { whyNot } from '../payload/native-runner';
import { connectBridge, startBridged } from './bridged';
import { Visitor } from './visitor';

const PAYLOAD = 'device-payload/tiny-vlm';
/** Eight questions and, beside a phone that gives embeddings, 14 MB of WASM on a busy machine. */
const TEST_MS = 120_000;

const button = (page: Page) =>
  page.getByRole('button', { name: 'Check that this phone computes rightly' });
const verdict = (page: Page) => page.getByTestId('verdict');

/** Presses the button and waits for the verdict; returns the evidence as it is saved. */
async function check(page: Page): Promise<SelfTestReport> {
  await button(page).click();
  await expect(verdict(page)).toBeVisible({ timeout: TEST_MS });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as JSON' }).click(),
  ]);
  return JSON.parse(await readFile(await download.path(), 'utf8')) as SelfTestReport;
}

/** Unfolds a part of the page, if it is not unfolded. */
async function unfold(page: Page, summary: string): Promise<void> {
  const details = page.locator('details', { has: page.getByText(summary, { exact: true }) }).last();
  if ((await details.getAttribute('open')) === null)
    await details.locator('summary').first().click();
}

/** Picks an ONNX encoder of the user's own. */
async function pickEncoder(page: Page, name: string, buffer: Buffer): Promise<void> {
  await unfold(page, 'Compare with my own ONNX encoder');
  const file = { name, mimeType: 'application/octet-stream', buffer };
  await page.getByLabel('Image encoder with projector').setInputFiles(file);
}

/** Picks the tiny model's files as if they were somebody's own, with this vision file. */
async function pickModel(page: Page, vision: Buffer): Promise<void> {
  await unfold(page, 'Use my own GGUF + mmproj');
  const files = page.locator('input[accept=".gguf"]');
  await files.first().setInputFiles(`${PAYLOAD}/language.gguf`);
  const file = { name: 'mmproj.gguf', mimeType: 'application/octet-stream', buffer: vision };
  await files.last().setInputFiles(file);
  await page.getByRole('button', { name: 'Use these files' }).click();
  await expect(page.getByRole('button', { name: /back to the page/i })).toBeVisible();
}

test.describe('on the virtual phone', () => {
  test('the answers are right, and what cannot be told is not claimed', async ({ page }) => {
    test.setTimeout(2 * TEST_MS);
    await page.setViewportSize({ width: 390, height: 844 });
    const visitor = new Visitor(page);
    const loaded: string[] = [];
    page.on('request', (request) => void loaded.push(new URL(request.url()).pathname));
    await visitor.open();
    await visitor.connect();
    await button(page).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Stop the self-test' })).toBeVisible();
    await expect(visitor.run).toHaveAttribute('aria-disabled', 'true');
    await expect(page.getByText('The self-test uses the phone.')).toBeVisible();
    await expect(verdict(page)).toContainText('It cannot be told', { timeout: TEST_MS });
    await expect(verdict(page)).toContainText('The engine on this phone gives no embeddings');
    await expect(verdict(page)).toContainText('simulated');
    await expect(page.getByTestId('self-test-said')).toContainText('It cannot be told');

    const checks = page.getByRole('list', { name: 'Checks' }).getByRole('listitem');
    await expect(checks.filter({ hasText: ', answer' })).toHaveCount(8);
    await expect(checks.filter({ hasText: 'done' })).toHaveCount(9); // eight answers and the files
    // 14 MB of a second engine are not loaded for nothing.
    expect(loaded.filter((path) => /ort-wasm|vision\.onnx/.test(path))).toEqual([]);
    await visitor.expectAccessible();
    await visitor.expectNoSideways();
    expect(await visitor.ask()).toContain('red star'); // the phone is free again
    expect(visitor.complaints).toEqual([]);
  });

  test('a second engine starts in the page, and looks at what it is given', async ({ page }) => {
    test.setTimeout(2 * TEST_MS);
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.connect();
    const encoder = await readFile(`${PAYLOAD}/vision.onnx`);
    for (const [name, buffer, sentence] of [
      ['text.onnx', Buffer.from('not a model'), 'not an ONNX model that the page can load'],
      ['half.onnx', encoder.subarray(0, 800_000), 'not an ONNX model that the page can load'],
      [
        'ids.onnx',
        Buffer.from(echo({ name: 'ids', type: 'int64', shape: [1, 't'] })),
        'not the image encoder of this model',
      ],
    ] as const) {
      await pickEncoder(page, name, buffer);
      await expect(visitor.trouble).toContainText(sentence, { timeout: TEST_MS });
      await expect(visitor.trouble).toHaveCount(1);
    }
    await visitor.expectAccessible();
    await pickEncoder(page, 'mine.onnx', encoder);
    await expect(page.getByText('mine.onnx · 128 × 128 pixels')).toBeVisible({ timeout: TEST_MS });
    await expect(visitor.trouble).toHaveCount(0);
    await page.getByRole('button', { name: 'Do not use it' }).click();
    await expect(page.getByText('mine.onnx ·')).toHaveCount(0);
    expect(visitor.complaints).toEqual([]);
  });

  test('it can be stopped, and begun again', async ({ page }) => {
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.connect();
    await button(page).click();
    await expect(page.getByText('Files on the phone, hashed there').last()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(button(page)).toBeEnabled({ timeout: 20_000 });
    await expect(page.getByRole('list', { name: 'Checks' })).toHaveCount(0);
    expect(await visitor.ask()).toContain('red star');
  });

  test('a phone that goes is trouble, not a verdict', async ({ page }) => {
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.connect();
    await button(page).click();
    await expect(page.getByText('Files on the phone, hashed there').last()).toBeVisible();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await expect(page.getByRole('button', { name: 'Try the virtual phone' })).toBeVisible();
    await visitor.connect();
    await expect(button(page)).toBeEnabled();
    await expect(verdict(page)).toHaveCount(0);
    expect(visitor.complaints).toEqual([]);
  });
});

const reason = (await whyNoDevice()) ?? whyNot('x86_64');
test.describe(`on a real adbd (${reason ?? 'native runner, through the bridge'})`, () => {
  test.skip(reason !== undefined, reason);
  test.setTimeout(3 * TEST_MS);

  test('two engines agree, and a damaged model fails', async ({ page, baseURL }) => {
    await using bridged = await startBridged(new URL(baseURL ?? '').origin);
    const visitor = new Visitor(page);
    await visitor.open();
    await connectBridge(page, await bridged.bridge.address());

    const honest = await check(page);
    await expect(verdict(page)).toContainText('This phone computes rightly.');
    expect(honest).toMatchObject({
      ...{ schema: 'plugsight-self-test/1', encoder: 'model', verdict: { is: 'right' } },
      ...{ device: { simulated: false, transport: 'bridge' }, model: { id: 'tiny-vlm' } },
    });
    const cosines = honest.checks.flatMap((one) =>
      one.kind === 'embeddings' ? [one.agreement?.minCosine ?? 0] : [],
    );
    expect(cosines).toHaveLength(8);
    expect(Math.min(...cosines)).toBeGreaterThan(0.999);
    test.info().annotations.push({
      type: 'figure',
      description: `lowest cosine ${Math.min(...cosines)} of 8 pictures, ${JSON.stringify(honest.checks.find(({ kind }) => kind === 'engine'))}`,
    });
    await visitor.expectAccessible();

    // The same model as somebody's own files, with the encoder's attention gone; and with it there.
    const encoder = await readFile(`${PAYLOAD}/vision.onnx`);
    const whole = await readFile(`${PAYLOAD}/vision.gguf`);
    await pickModel(page, Buffer.from(damaged(whole, 'v.blk.1.attn_q.weight', zeroed)));
    await pickEncoder(page, 'vision.onnx', encoder);
    await expect(page.getByText('vision.onnx · 128 × 128 pixels')).toBeVisible({
      timeout: TEST_MS,
    });
    const broken = await check(page);
    await expect(verdict(page)).toContainText('This phone differs from what it should compute.');
    expect(broken.verdict.because).toMatch(/^token \d+ has cosine 0\.\d+, it must be above 0.999/);
    expect(broken.encoder).toBe('own');
    expect(visitor.complaints).toEqual([]);
  });
});
