import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { Headless } from '../../src/headless';
import { qwenFile } from '../golden/tokenizer/qwen';

/** The app's own worker in the built site, see src/headless.ts. */
type HeadlessWindow = Window & { readonly headless: Headless };

const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/tokenizer/qwen2_5-cases.json'), 'utf8'),
) as { cases: { text: string; ids: number[] }[] };

async function open(page: Page): Promise<void> {
  await page.goto('headless.html');
  const buffer = Buffer.from(qwenFile('qwen2_5'));
  await page.setInputFiles('input', {
    name: 'tokenizer.json',
    mimeType: 'application/json',
    buffer,
  });
}

function tokenize(page: Page, texts: readonly string[]) {
  return page.evaluate(
    (list) => (window as unknown as HeadlessWindow).headless.tokenize(0, list),
    texts,
  );
}

test('the worker gives the ids of the Rust library', async ({ page }) => {
  await open(page);
  const result = await tokenize(
    page,
    cases.map(({ text }) => text),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  expect(result.value.ids).toEqual(cases.map(({ ids }) => ids));
  expect(result.value.tokenizer).toEqual({
    sha256: 'c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539',
    vocabSize: 151665,
    engine: 'plugsight',
    from: 'file',
  });
});

test('a tokenizer is compiled once, and comes from the cache after that', async ({ page }) => {
  await open(page);
  const from = async () => {
    const result = await tokenize(page, ['Hello']);
    return result.ok && [result.value.tokenizer.from, ...result.value.ids];
  };
  expect(await from()).toEqual(['file', [9707]]);
  expect(await from()).toEqual(['memory', [9707]]);
  await page.evaluate(() => (window as unknown as HeadlessWindow).headless.forgetTokenizer());
  expect(await from()).toEqual(['cache', [9707]]);
  await open(page); // the page again: nothing but the cache is left
  expect(await from()).toEqual(['cache', [9707]]);
});

test('what is no tokenizer is refused, and the next file works', async ({ page }) => {
  await page.goto('headless.html');
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/json', buffer });
  await page.setInputFiles('input', file('tokenizer.json', Buffer.from('{"version": "1.0"}')));
  expect(await tokenize(page, ['Hello'])).toMatchObject({
    ok: false,
    failure: { code: 'tokenizer-invalid' },
  });
  await page.setInputFiles('input', file('tokenizer.json', Buffer.from(qwenFile('qwen3'))));
  expect(await tokenize(page, ['Hello <think>'])).toMatchObject({
    ok: true,
    value: { ids: [[9707, 220, 151667]] },
  });
});
