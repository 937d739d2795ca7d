import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { Headless } from '../../src/headless';
import type { InputRecipe } from '../../src/domain/prepare';
import { pathOf, recipeOf, VECTORS } from '../golden/preprocess/vectors';

// Every case is a page of its own: let all workers take part.
test.describe.configure({ mode: 'parallel' });

/** The app's own worker in the built site, see src/headless.ts. */
type HeadlessWindow = Window & { readonly headless: Headless };

async function choose(page: Page, core: 'simd' | 'scalar'): Promise<void> {
  await page.goto('headless.html');
  await page.evaluate((kind) => (window as unknown as HeadlessWindow).headless.choose(kind), core);
}

function prepare(page: Page, recipe: InputRecipe) {
  return page.evaluate((r) => (window as unknown as HeadlessWindow).headless.prepare(0, r), recipe);
}

const GOLDEN = join(import.meta.dirname, '../golden/preprocess');
/** Small pictures in many codings and the hash of their RGB. */
const DECODE = JSON.parse(readFileSync(join(GOLDEN, 'decode.json'), 'utf8')) as Record<
  string,
  unknown
>;

const good = Object.entries(VECTORS.images).filter(([, image]) => !image.expect);
const bad = Object.entries(VECTORS.images).filter(([, image]) => image.expect);

for (const core of ['simd', 'scalar'] as const)
  test.describe(`the ${core} core in Chromium`, () => {
    for (const [name, image] of good)
      test(`prepares ${name} as the reference does`, async ({ page }) => {
        test.setTimeout(300_000); // 12 megapixels, tens of tensors
        await choose(page, core);
        await page.setInputFiles('input', pathOf(name));
        const cases = VECTORS.cases.filter((c) => c.image === name);
        for (const c of cases) {
          const result = await prepare(page, recipeOf(c));
          if (!result.ok) throw new Error(`${c.id}: ${result.failure.detail}`);
          const { source, outputs, plan, decoder, core: ran } = result.value;
          expect({ id: c.id, ran, decoder }).toEqual({ id: c.id, ran: core, decoder: 'exact' });
          const rgb = c.alpha === 'white' ? image.rgb_white_sha256 : image.rgb_sha256;
          expect([source.width, source.height, source.rgbSha256]).toEqual([...image.wh, rgb]);
          expect(plan.imageTokens, c.id).toBe(c.tokens);
          const got = outputs.map((o) => [
            o.name,
            { dtype: o.dtype, shape: o.shape, nbytes: o.bytes, sha256: o.sha256 },
          ]);
          const want = Object.entries(c.outputs).map(([output, o]) => [
            output,
            { dtype: o.dtype, shape: o.shape, nbytes: o.nbytes, sha256: o.sha256 },
          ]);
          expect(Object.fromEntries(got), c.id).toEqual(Object.fromEntries(want));
        }
      });

    test('decodes many codings as the reference does', async ({ page }) => {
      test.setTimeout(180_000);
      await choose(page, core);
      const recipe: InputRecipe = { family: 'square-png', params: { size: 8 } };
      const seen: Record<string, unknown> = {};
      for (const name of Object.keys(DECODE)) {
        await page.setInputFiles('input', join(GOLDEN, 'decode', name));
        const result = await prepare(page, recipe);
        if (!result.ok) throw new Error(`${name}: ${result.failure.detail}`);
        const { width, height, rgbSha256 } = result.value.source;
        seen[name] = { wh: [width, height], rgb_sha256: rgbSha256 };
      }
      expect(seen).toEqual(DECODE);
    });
  });

test('refuses every damaged file with a sentence, and works on', async ({ page }) => {
  await choose(page, 'simd');
  const recipe: InputRecipe = { family: 'square-png', params: { size: 32 } };
  for (const [name] of bad) {
    await page.setInputFiles('input', pathOf(name));
    const result = await prepare(page, recipe);
    if (result.ok) throw new Error(`${name} was accepted`);
    expect(result.failure.code, name).toMatch(/^image-(damaged|not-image|too-large)$/);
    expect(result.failure.detail, name).toMatch(/\w+ \w+/);
    await page.setInputFiles('input', pathOf('tiny_7x5.png'));
    expect((await prepare(page, recipe)).ok, `after ${name}`).toBe(true);
  }
});

test('no altered file stops the worker', async ({ page }) => {
  test.setTimeout(180_000);
  await choose(page, 'simd');
  const recipe: InputRecipe = { family: 'square-png', params: { size: 8 } };
  const names = Object.keys(DECODE).filter((_, i) => i % 3 === 0);
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  let refused = 0;
  for (const name of names) {
    const file = readFileSync(join(GOLDEN, 'decode', name));
    for (const cut of [false, true]) {
      const buffer = file.subarray(0, cut ? random(file.length) : file.length);
      const altered = Buffer.from(buffer);
      for (let i = 0; i < 4 && altered.length > 0; i++)
        altered[random(altered.length)] = random(256);
      await page.setInputFiles('input', { name, mimeType: '', buffer: altered });
      const result = await prepare(page, recipe);
      if (!result.ok) {
        refused++;
        expect(result.failure.code, name).toMatch(/^image-/);
        expect(result.failure.detail, name).toMatch(/\w+ \w+/);
      }
    }
  }
  expect(refused).toBeGreaterThan(names.length); // all that were cut, at least
  await page.setInputFiles('input', pathOf('tiny_7x5.png'));
  expect((await prepare(page, recipe)).ok).toBe(true);
});
