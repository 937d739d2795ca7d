import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Core } from '../../../src/adapters/preprocess/core';
import { decodeToRgb } from '../../../src/adapters/preprocess/load';
import { planWork } from '../../../src/families';
import { bothCores, carryOut } from './cores';
import { pathOf, recipeOf, synth, VECTORS, type VectorCase } from './vectors';

const cores = await bothCores();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Small pictures that Node can decode (our own PNG decoder) or compute. All others, in a browser: test/e2e/preprocess.spec.ts. */
const names = Object.entries(VECTORS.images)
  .filter(([, image]) => !image.expect && (image.pil_format ?? 'PNG') === 'PNG')
  .filter(([, { wh }]) => wh[0] * wh[1] < 200_000)
  .map(([name]) => name);

async function rgbOf(core: Core, name: string, alpha: 'drop' | 'white'): Promise<Uint8Array> {
  const image = VECTORS.images[name];
  if (image?.w && image.h) return synth(image.w, image.h, image.seed ?? 0);
  const rgb = await decodeToRgb(core, new Uint8Array(readFileSync(pathOf(name))), alpha);
  if (!rgb.ok) throw new Error(rgb.failure.detail);
  return rgb.value;
}

function hashes(core: Core, rgb: Uint8Array, c: VectorCase): Record<string, unknown> {
  const [width, height] = VECTORS.images[c.image]?.wh ?? [0, 0];
  const work = planWork(recipeOf(c), width, height);
  if (!work.ok) throw new Error(work.failure.detail);
  const outputs = carryOut(core, rgb, width, height, work.value);
  const named = work.value.outputs.map(({ name, shape }, i) => {
    const bytes = outputs[i] ?? new Uint8Array();
    return [name, { shape, nbytes: bytes.length, sha256: sha256(bytes) }] as const;
  });
  return { tokens: work.value.plan.imageTokens, ...Object.fromEntries(named) };
}

function expected({ tokens, outputs }: VectorCase): Record<string, unknown> {
  const named = Object.entries(outputs).map(
    ([name, { shape, nbytes, sha256 }]) => [name, { shape, nbytes, sha256 }] as const,
  );
  return { tokens, ...Object.fromEntries(named) };
}

describe.each(cores)('the $kind core', (core) => {
  test.each(names)('decodes and prepares %s as the reference does', async (name) => {
    const cases = VECTORS.cases.filter((c) => c.image === name);
    expect(cases.length).toBeGreaterThan(0);
    for (const alpha of new Set(cases.map((c) => c.alpha))) {
      const rgb = await rgbOf(core, name, alpha);
      const image = VECTORS.images[name];
      expect(sha256(rgb)).toBe(alpha === 'white' ? image?.rgb_white_sha256 : image?.rgb_sha256);
      for (const c of cases.filter((other) => other.alpha === alpha))
        expect({ id: c.id, ...hashes(core, rgb, c) }).toEqual({ id: c.id, ...expected(c) });
    }
  });
});

test.each(VECTORS.rejects)('refuses $id', (c) => {
  const [width, height] = VECTORS.images[c.image]?.wh ?? [0, 0];
  const work = planWork(recipeOf(c), width, height);
  expect(work).toMatchObject({ ok: false, failure: { code: 'image-shape' } });
  expect(!work.ok && work.failure.detail).toContain(c.reason);
});
