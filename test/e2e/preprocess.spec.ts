import { expect, test, type Page } from '@playwright/test';
import type { Headless } from '../../src/headless';
import type { InputRecipe } from '../../src/domain/prepare';
import { pathOf, recipeOf, VECTORS } from '../golden/preprocess/vectors';

/** The app's own worker in the built site, see src/headless.ts. */
type HeadlessWindow = Window & { readonly headless: Headless };

async function choose(page: Page, core: 'simd' | 'scalar'): Promise<void> {
  await page.goto('headless.html');
  await page.evaluate((kind) => (window as unknown as HeadlessWindow).headless.choose(kind), core);
}

function prepare(page: Page, recipe: InputRecipe) {
  return page.evaluate((r) => (window as unknown as HeadlessWindow).headless.prepare(0, r), recipe);
}

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
