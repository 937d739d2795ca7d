import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { Visitor, file } from './visitor';

const LANGUAGE = 'device-payload/tiny-vlm/language.gguf';
const VISION = 'device-payload/tiny-vlm/vision.gguf';

/** Picks the two files of a model. */
async function pick(visitor: Visitor, language: string, vision: string): Promise<void> {
  const { page } = visitor;
  await page.getByText('Use my own GGUF + mmproj').click();
  await page.getByLabel('Language model').setInputFiles(language);
  await page.getByLabel('Vision model (mmproj)').setInputFiles(vision);
  await page.getByRole('button', { name: 'Use these files' }).click();
}

test('a GGUF pair of the user’s own runs, and a link asks for it', async ({ page, context }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await pick(visitor, LANGUAGE, VISION);
  const back = page.getByRole('button', { name: /back to the page/i });
  await expect(back).toBeVisible();
  expect(await visitor.ask('How many shapes are there?')).not.toBe('');
  const link = await visitor.link();
  const other = new Visitor(await context.newPage());
  await other.open(link.slice(link.indexOf('#')));
  await expect(other.page.getByText('choose its two files under Model')).toBeVisible();
  await back.click();
  await expect(page.getByText('Tiny VLM ·')).toBeVisible();
});

test('a file that is no model is refused with words, and the old model stays', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await pick(visitor, file('bad_not_an_image.bin'), VISION);
  await expect(visitor.trouble).toContainText('not a model that we can use');
  await expect(visitor.run).toBeEnabled();
  expect(await visitor.ask()).toContain('red star');
});

test('the two files swapped are told apart', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await pick(visitor, VISION, LANGUAGE);
  await expect(visitor.trouble).toContainText('language model (.gguf) first');
});

test('a model that is cut off is refused before anything is sent', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  const buffer = (await readFile(LANGUAGE)).subarray(0, 500_000);
  await page.getByText('Use my own GGUF + mmproj').click();
  await page
    .getByLabel('Language model')
    .setInputFiles({ name: 'cut.gguf', mimeType: 'application/octet-stream', buffer });
  await page.getByLabel('Vision model (mmproj)').setInputFiles(VISION);
  await page.getByRole('button', { name: 'Use these files' }).click();
  await expect(visitor.trouble).toContainText('The model file is cut off');
  await expect(page.getByText('Tiny VLM ·')).toBeVisible();
  expect(await visitor.ask()).toContain('red star');
});
