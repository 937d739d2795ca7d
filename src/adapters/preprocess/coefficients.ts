import type { Filter } from '../../families/family';

/** Weights of one axis for results `from` .. `from + size - 1`. Formulas: Pillow src/libImaging/Resample.c precompute_coeffs. */
export interface Coefficients {
  readonly size: number;
  /** First input sample of each result. */
  readonly first: Int32Array;
  /** Input samples used by each result. */
  readonly count: Int32Array;
  /** Places per result in `weights`, see `maxTaps`. */
  readonly taps: number;
  /** Normalised weights, `taps` per result, 0 behind `count`. */
  readonly weights: Float64Array;
}

const SUPPORT: Record<Filter, number> = { bilinear: 1, bicubic: 2, lanczos: 3 };

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

const KERNEL: Record<Filter, (x: number) => number> = {
  bilinear: (x) => (Math.abs(x) < 1 ? 1 - Math.abs(x) : 0),
  bicubic: (signed) => {
    const x = Math.abs(signed);
    const a = -0.5;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
  lanczos: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

/** Places for the weights of one result: what it can use at most, and one more, made even (see wasm/src/layout.ts). */
export function maxTaps(input: number, output: number, filter: Filter): number {
  const support = SUPPORT[filter] * Math.max(input / output, 1);
  return (Math.min(Math.ceil(support) * 2 + 1, input) + 2) & ~1;
}

/** Weights for a window of an axis that goes from `input` to `output` samples. All in f64, as Pillow and torch do. */
export function coefficients(
  input: number,
  output: number,
  filter: Filter,
  from = 0,
  size = output,
): Coefficients {
  const taps = maxTaps(input, output, filter);
  const scale = input / output;
  const widened = Math.max(scale, 1);
  const support = SUPPORT[filter] * widened;
  const kernel = KERNEL[filter];
  const inverse = 1 / widened;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Float64Array(size * taps);
  for (let i = 0, at = 0; i < size; i++, at += taps) {
    const center = (from + i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const n = Math.min(Math.trunc(center + support + 0.5), input) - start;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const w = kernel((start + j - center + 0.5) * inverse);
      weights[at + j] = w;
      sum += w;
    }
    if (sum !== 0) for (let j = 0; j < n; j++) weights[at + j]! /= sum;
    first[i] = start;
    count[i] = n;
  }
  return { size, first, count, taps, weights };
}

/** Results looked at together, see below. */
const CHUNK = 4096;

/** The largest weight of a whole axis, without keeping them: a result may have millions of samples. */
export function largestWeight(input: number, output: number, filter: Filter): number {
  let largest = 0;
  for (let from = 0; from < output; from += CHUNK) {
    const size = Math.min(CHUNK, output - from);
    for (const w of coefficients(input, output, filter, from, size).weights)
      if (w > largest) largest = w;
  }
  return largest;
}

/**
 * Bilinear weights with every step in f32, as torch computes them for f32 images.
 * Source: torch aten/src/ATen/native/cpu/UpSampleKernel.cpp, _compute_indices_min_size_weights_aa.
 */
export function floatCoefficients(
  input: number,
  output: number,
  from = 0,
  size = output,
): Coefficients {
  const f = Math.fround;
  const scale = f(input / output);
  const support = scale >= 1 ? scale : 1;
  const inverse = scale >= 1 ? f(1 / scale) : 1;
  const taps = maxTaps(input, output, 'bilinear');
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weights = new Float64Array(size * taps);
  for (let i = 0; i < size; i++) {
    const center = f(scale * f(from + i + 0.5));
    const start = Math.max(Math.trunc(f(f(center - support) + 0.5)), 0);
    const n = Math.min(Math.trunc(f(f(center + support) + 0.5)), input) - start;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const w = KERNEL.bilinear(f(f(f(j + f(start - center)) + 0.5) * inverse));
      weights[i * taps + j] = f(w);
      sum = f(sum + f(w));
    }
    if (sum !== 0)
      for (let j = 0; j < n; j++) weights[i * taps + j] = f(weights[i * taps + j]! / sum);
    first[i] = start;
    count[i] = n;
  }
  return { size, first, count, taps, weights };
}

/** Fraction bits of the weights that the WASM core works with. */
export const WEIGHT_BITS = 22;

/** Pillow's fixed point: 22 fraction bits, rounded half away from zero. */
export function toPillowWeights(weights: Float64Array): Int32Array {
  return toFixed(weights, 2 ** WEIGHT_BITS, 0);
}

/**
 * torch's fixed point for u8 images: int16 weights with the largest precision that the axis allows, here shifted up to
 * 22 bits. The shift is exact: (sum + 2^(P-1)) >> P equals (sum * 2^(22-P) + 2^21) >> 22, and the sum stays in 32 bits.
 * `largest`: the largest weight of the entire axis, because the precision depends on it.
 * Source: torch aten/src/ATen/native/cpu/UpSampleKernel.cpp, _compute_index_ranges_int16_weights.
 */
export function toTorchWeights(weights: Float64Array, largest: number): Int32Array {
  const shift = WEIGHT_BITS - torchPrecision(largest);
  return toFixed(weights, 2 ** (WEIGHT_BITS - shift), shift);
}

/** Fraction bits that keep the largest weight below 2^15. */
export function torchPrecision(largest: number): number {
  let precision = 0;
  while (precision < WEIGHT_BITS && Math.trunc(0.5 + largest * 2 ** (precision + 1)) < 32768)
    precision++;
  return precision;
}

/** Rounds half away from zero. A plain loop: `Int32Array.from` takes ten times as long. */
function toFixed(weights: Float64Array, scale: number, shift: number): Int32Array {
  const fixed = new Int32Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]! * scale;
    fixed[i] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5) << shift;
  }
  return fixed;
}
