import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { normTable } from '../../../src/adapters/preprocess/blocks';
import {
  coefficients,
  largestWeight,
  torchPrecision,
  toPillowWeights,
  toTorchWeights,
} from '../../../src/adapters/preprocess/coefficients';
import type { Filter, Rgb } from '../../../src/families/family';
import { bothCores, carryOut, resizeWork } from './cores';

type Pair = [number, number];
interface Recorded {
  cases: {
    filter: Filter;
    backend: 'pil' | 'tv';
    in_wh: Pair;
    out_wh: Pair;
    in_rgb_hex: string;
    out_rgb_hex: string;
  }[];
  coeffs: {
    filter: Filter;
    backend: 'pil' | 'tv';
    n_in: number;
    n_out: number;
    precision_bits: number;
    coeffs: [number, number[]][];
  }[];
  luts: Record<string, { mean: Rgb; std: Rgb; order: 'A' | 'B'; sha256_f32le_3x256: string }>;
}
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'resample.json'), 'utf8'),
) as Recorded;
const cores = await bothCores();

describe.each(cores)('the $kind core', (core) => {
  test.each(recorded.cases)('$filter $backend $in_wh to $out_wh', (c) => {
    const work = resizeWork(c.in_wh, c.out_wh, c.filter, c.backend);
    const [rgb] = carryOut(core, Buffer.from(c.in_rgb_hex, 'hex'), ...c.in_wh, work);
    expect(Buffer.from(rgb!).toString('hex')).toBe(c.out_rgb_hex);
  });
});

test.each(recorded.coeffs)('weights of $filter $backend $n_in to $n_out', (c) => {
  const axis = coefficients(c.n_in, c.n_out, c.filter);
  const largest = largestWeight(c.n_in, c.n_out, c.filter);
  const precision = c.backend === 'tv' ? torchPrecision(largest) : 22;
  expect(precision).toBe(c.precision_bits);
  const fixed =
    c.backend === 'tv'
      ? toTorchWeights(axis.weights, largest)
      : toPillowWeights(axis.weights);
  const rows = Array.from({ length: axis.size }, (_, i) => [
    axis.first[i],
    Array.from(
      fixed.subarray(i * axis.taps, i * axis.taps + axis.count[i]!),
      (k) => k >> (22 - precision),
    ),
  ]);
  expect(rows).toEqual(c.coeffs);
});

test.each(Object.entries(recorded.luts))('table %s', (_name, lut) => {
  const table = normTable(lut);
  const hash = createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex');
  expect(hash).toBe(lut.sha256_f32le_3x256);
});
