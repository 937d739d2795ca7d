import { describe, expect, test } from 'vitest';
import { planInput, planWork } from '../../../src/families';
import { checkParams, toRgb } from '../../../src/families/params';
import { roundEven } from '../../../src/families/shared';

const plan = (
  family: string,
  params: Record<string, number | string | boolean>,
  w: number,
  h: number,
) => {
  const planned = planInput({ family, params }, w, h);
  if (!planned.ok) throw new Error(planned.failure.detail);
  return planned.value;
};

test('square-png takes the middle square, the odd pixel left over right and below', () => {
  expect(plan('square-png', { size: 128 }, 641, 480)).toMatchObject({
    crop: { x: 80, y: 0, width: 480, height: 480 },
    width: 128,
    height: 128,
    bytes: 128 * 128 * 3,
    imageTokens: undefined,
  });
  expect(plan('square-png', { size: 128, imageTokens: 64 }, 9, 9).imageTokens).toBe(64);
});

test('fit-png shrinks to the longest side, never enlarges, and leaves at least a pixel', () => {
  expect(plan('fit-png', { longest: 1024 }, 4032, 3024)).toMatchObject({
    width: 1024,
    height: 768,
  });
  expect(plan('fit-png', { longest: 1024 }, 300, 200)).toMatchObject({ width: 300, height: 200 });
  expect(plan('fit-png', { longest: 100 }, 5000, 3)).toMatchObject({ width: 100, height: 1 });
});

describe('qwen-png', () => {
  test('gives sizes that the runners copy: multiples of 28 within the limits, with their tokens', () => {
    expect(plan('qwen-png', {}, 4032, 3024)).toMatchObject({
      width: 1148,
      height: 840,
      imageTokens: 1230,
    });
    expect(plan('qwen-png', { align: 32, min_pixels: 8192 }, 640, 480)).toMatchObject({
      width: 640,
      height: 480,
      imageTokens: 300,
    });
  });
  test('keeps to the longest side of OmniInfer', () => {
    const { width, height } = plan('qwen-png', { longest: 1008 }, 4032, 1000);
    expect(width).toBe(1008);
    expect(height % 28).toBe(0);
  });
});

test('a slider costs nothing: a thousand plans of a photo in under a second', () => {
  const start = performance.now();
  for (let i = 0; i < 1000; i++)
    planInput({ family: 'qwen2.5-vl', params: { max_pixels: 3136 + i } }, 4032, 3024);
  expect(performance.now() - start).toBeLessThan(1000);
});

test.each([
  [{ family: 'no-such', params: {} }, 'no family'],
  [{ family: 'square-png', params: { colour: 3 } }, 'no parameter'],
  [{ family: 'square-png', params: { size: 1e9 } }, 'size: not in'],
  [{ family: 'square-png', params: { size: 12.5 } }, 'whole number'],
  [{ family: 'square-png', params: { size: '128' } }, 'not a number'],
  [{ family: 'square-png', params: { alpha: 'black' } }, 'not one of'],
  [{ family: 'smolvlm', params: { split: 'yes' } }, 'true or false'],
  [{ family: 'qwen3-vl', params: { mean: '1,2' } }, 'three numbers'],
])('%j is refused', (recipe, words) => {
  const planned = planWork(recipe, 100, 100);
  expect(planned).toMatchObject({ ok: false, failure: { code: 'recipe-invalid' } });
  expect(!planned.ok && planned.failure.detail).toContain(words);
});

test('missing parameters get their initial values', () => {
  const params = {
    size: { kind: 'number', label: 'Size', min: 1, max: 9, step: 1, initial: 3 },
  } as const;
  expect(checkParams(params, {})).toEqual({ ok: true, value: { size: 3 } });
});

test('colours are three numbers', () => {
  expect(toRgb('122, 116,104')).toEqual([122, 116, 104]);
  for (const text of ['', '1,2', '1,2,3,4', 'a,b,c', '1,,3', 'Infinity,0,0'])
    expect(toRgb(text)).toBeUndefined();
});

test('halves go to the even neighbour', () => {
  expect([0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001].map(roundEven)).toEqual([0, 2, 2, 4, 2, 3]);
});
