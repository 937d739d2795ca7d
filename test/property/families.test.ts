import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InputRecipe } from '../../src/domain/prepare';
import { FAMILIES, planWork } from '../../src/families';
import type { Param } from '../../src/families/family';
import { outputBytes } from '../../src/families/shared';

const side = fc.oneof(fc.integer({ min: 1, max: 32_768 }), fc.integer({ min: 1, max: 40 }));

function valueOf(param: Param): fc.Arbitrary<number | string | boolean> {
  switch (param.kind) {
    case 'number':
      return fc.integer({ min: param.min, max: param.max });
    case 'choice':
      return fc.constantFrom(...param.options);
    case 'switch':
      return fc.boolean();
    case 'rgb':
      return fc.constant(param.initial);
  }
}

const anyRecipe = fc.constantFrom(...Object.entries(FAMILIES)).chain(([family, row]) => {
  const params = Object.entries(row.params as Record<string, Param>);
  const values = Object.fromEntries(params.map(([name, param]) => [name, valueOf(param)]));
  return fc
    .record(values, { requiredKeys: [] })
    .map((given) => ({ family, params: given as InputRecipe['params'] }));
});

test('any valid recipe plans any size, or refuses it with a sentence; steps and outputs fit together', () => {
  fc.assert(
    fc.property(anyRecipe, side, side, (recipe, width, height) => {
      const planned = planWork(recipe, width, height);
      if (!planned.ok) {
        expect(planned.failure.detail).toMatch(/\w+ \w+/);
        return;
      }
      const { plan, steps, outputs, preview } = planned.value;
      const sizes = [{ width, height }, ...steps.map((s) => s.canvas ?? s.window ?? s)];
      for (const [i, step] of steps.entries()) {
        expect(step.from).toBeLessThanOrEqual(i);
        for (const n of [step.width, step.height]) expect(Number.isInteger(n) && n > 0).toBe(true);
        const from = sizes[step.from];
        expect(step.crop.x + step.crop.width).toBeLessThanOrEqual(from?.width ?? 0);
        expect(step.crop.y + step.crop.height).toBeLessThanOrEqual(from?.height ?? 0);
      }
      expect(sizes[preview]).toBeDefined();
      expect(plan.bytes).toBe(outputs.reduce((sum, output) => sum + outputBytes(output), 0));
      expect(plan.crop.x >= 0 && plan.crop.x + plan.crop.width <= width).toBe(true);
      expect(plan.crop.y >= 0 && plan.crop.y + plan.crop.height <= height).toBe(true);
      for (const tile of plan.tiles)
        expect(tile.x + tile.width <= plan.width && tile.y + tile.height <= plan.height).toBe(true);
      for (const output of outputs)
        if (output.layout === 'frames')
          for (const { picture, columns, rows } of output.frames) {
            expect((sizes[picture]?.width ?? 0) % columns).toBe(0);
            expect((sizes[picture]?.height ?? 0) % rows).toBe(0);
          }
    }),
    { numRuns: 2000 },
  );
});

test('anything else in a recipe is refused, never thrown', () => {
  const scalar = fc.oneof(fc.double(), fc.string(), fc.boolean());
  const recipe = fc.record({
    family: fc.oneof(
      fc.string(),
      fc.constantFrom(...Object.keys(FAMILIES), '__proto__', 'toString'),
    ),
    params: fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('size', 'max_pixels', 'mean')),
      scalar,
    ),
  });
  fc.assert(
    fc.property(recipe, side, side, (given, width, height) => {
      const planned = planWork(given, width, height);
      if (!planned.ok) expect(['recipe-invalid', 'image-shape']).toContain(planned.failure.code);
    }),
    { numRuns: 1000 },
  );
});
