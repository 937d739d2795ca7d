import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGREEMENT_LIMITS, compareRows, disagreement } from '../../../src/domain/agreement';

const table = (...values: number[]) => Float32Array.from(values);
const honest = table(3, 4, 0, 1, -2, 5);

test('a table agrees with itself', () => {
  const seen = compareRows(honest, honest, 2);
  expect(seen).toMatchObject({
    rows: 3,
    width: 2,
    maxAbsDifference: 0,
    worstLength: 1,
    badRows: 0,
  });
  expect(seen.minCosine).toBeCloseTo(1, 12);
  expect(disagreement(seen)).toBeUndefined();
});

test('figures of a known case, by hand', () => {
  // Rows (3,4) and (4,3): cosine 24/25. Rows (0,1) and (0,2): half as long.
  const seen = compareRows(table(3, 4, 0, 1), table(4, 3, 0, 2), 2);
  expect(seen.minCosine).toBeCloseTo(0.96, 12);
  expect(seen).toMatchObject({ minCosineRow: 0, worstLength: 0.5, maxAbsDifference: 1 });
  expect(seen.meanCosine).toBeCloseTo(0.98, 12);
});

test('one wrong token among many is what counts', () => {
  const many = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i));
  const wrong = many.slice();
  wrong.set([many[301]!, many[300]!], 300);
  const seen = compareRows(wrong, many, 6);
  expect(seen.minCosineRow).toBe(50);
  expect(disagreement(seen)).toMatch(/^token 50 has cosine 0\.\d{6}, it must be above 0.999$/);
});

test('the right direction with the wrong length is wrong', () => {
  const louder = honest.map((value) => value * 1.1);
  const seen = compareRows(louder, honest, 2);
  expect(seen.minCosine).toBeGreaterThan(AGREEMENT_LIMITS.minCosine);
  expect(disagreement(seen)).toMatch(/1\.1000 times as long/);
  expect(disagreement(compareRows(honest, louder, 2))).toMatch(/0\.9091 times as long/);
});

test.each([
  ['NaN', NaN],
  ['infinity', Infinity],
])('%s is no number', (_, value) => {
  const broken = honest.slice();
  broken[2] = value;
  expect(disagreement(compareRows(broken, honest, 2))).toMatch(/1 of 3 tokens/);
  expect(disagreement(compareRows(honest, broken, 2))).toBeDefined();
});

test('zeros agree with zeros only', () => {
  const zeros = table(0, 0, 0, 0, 0, 0);
  expect(disagreement(compareRows(zeros, zeros, 2))).toBeUndefined();
  expect(disagreement(compareRows(zeros, honest, 2))).toMatch(/cosine 0.000000/);
  expect(disagreement(compareRows(honest, zeros, 2))).toBeDefined();
});

test('nothing agrees with nothing: no tokens are no proof', () => {
  expect(disagreement(compareRows(table(), table(), 4))).toBe('there are no tokens');
});

test('tables of different size are a bug of the caller', () => {
  expect(() => compareRows(honest, table(1, 2), 2)).toThrow();
  expect(() => compareRows(honest, honest, 4)).toThrow();
});

test('whatever stands in the tables, figures stay in their range', () => {
  const values = fc.float32Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(values, values, (one, other) => {
      const seen = compareRows(one, other, 4);
      expect(seen.minCosine).toBeLessThanOrEqual(1);
      expect(seen.minCosine).toBeGreaterThanOrEqual(-1.000001);
      expect(seen.minCosineRow).toBeLessThan(2);
      const finite = one.every(Number.isFinite) && other.every(Number.isFinite);
      if (!finite) expect(disagreement(seen)).toBeDefined();
    }),
  );
});
