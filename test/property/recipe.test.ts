import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromFragment, toFragment, type Recipe } from '../../src/domain/recipe';
import { RECIPE } from '../fakes/recipe';

const hex = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 64,
  maxLength: 64,
});
const id = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,63}$/);
const bundle = fc.record({ id, version: id, sha256: hex });
// JSON has no -0, and a name such as __proto__ is dropped on purpose.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const name = fc.stringMatching(/^[a-z][a-z-]{0,20}$/).filter((key) => !(key in {}));
const pixels = fc.integer({ min: 1, max: 1_000_000 });
const prompt = fc.oneof(
  fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
  // The worst that a prompt can be: as long as allowed, and nothing repeats.
  fc.string({
    minLength: 7990,
    maxLength: 8000,
    unit: fc.integer({ min: 0x4e00, max: 0x9fff }).map((c) => String.fromCharCode(c)),
    size: 'max',
  }),
);
const from = fc.array(
  fc.record({
    role: fc.constantFrom('language' as const, 'vision' as const),
    url: fc.webPath().map((path) => `https://host.test/x${encodeURI(path).slice(0, 800)}.gguf`),
    sha256: hex,
  }),
  { minLength: 1, maxLength: 4 },
);
const model = fc.oneof(bundle, fc.record({ id, version: id, sha256: hex, from }));
const recipe: fc.Arbitrary<Recipe> = fc.record({
  ...{ v: fc.constant(1 as const), app: fc.string({ maxLength: 40 }), pipeline: id },
  ...{ runner: bundle, model, prompt },
  image: fc.oneof(
    fc.record({ kind: fc.constant('sample' as const), id }),
    fc.record({ kind: fc.constant('own' as const), sha256: hex, width: pixels, height: pixels }),
  ),
  input: fc.record({
    family: id,
    params: fc.dictionary(name, fc.oneof(number, fc.boolean(), fc.string({ maxLength: 200 })), {
      maxKeys: 30,
    }),
    sha256: hex,
  }),
  options: fc.dictionary(name, number, { maxKeys: 30 }),
  device: fc.record({ class: fc.string({ maxLength: 60 }), simulated: fc.boolean() }),
});

test('a link gives back the recipe it was made of', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async (made) => {
      expect(await fromFragment(await toFragment(made))).toEqual({
        ok: true,
        value: structuredClone(made),
      });
    }),
    { numRuns: 60 },
  );
});

test('garbage never throws', async () => {
  const base64 = fc.string({ unit: fc.constantFrom(...'ABCXYZabcxyz0189-_'), maxLength: 300 });
  const fragment = fc.oneof(
    fc.string(),
    base64.map((text) => `#r=d1.${text}`),
  );
  await fc.assert(
    fc.asyncProperty(fragment, async (text) => {
      expect((await fromFragment(text))?.ok).not.toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('one changed character is noticed', async () => {
  const link = await toFragment(RECIPE);
  const letter = fc.constantFrom(...'ABZaz09-_.#=% ');
  // The last character holds bits that mean nothing.
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: link.length - 2 }), letter, async (at, other) => {
      fc.pre(link[at] !== other);
      const result = await fromFragment(link.slice(0, at) + other + link.slice(at + 1));
      expect(result?.ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
