// The scalar twin of filter-simd.ts: plain 32-bit sums, as the specification writes them.
import { Axis, BITS, HALF } from './layout';

// @ts-ignore: decorator
@inline function clamp8(sum: i32): u8 { sum >>= BITS; return <u8>(sum < 0 ? 0 : sum > 255 ? 255 : sum); }

/** Weights stay as they are. */
export function pack(_axis: Axis, _columns: bool): void {}

function row(source: usize, out: usize, axis: Axis): void {
  let weights = axis.weights;
  for (let x = 0; x < axis.size; x++) {
    let p = source + (load<i32>(axis.first + (x << 2)) << 2), k = weights;
    const end = k + (load<i32>(axis.count + (x << 2)) << 2);
    let r = HALF, g = HALF, b = HALF;
    for (; k < end; k += 4, p += 4) {
      const w = load<i32>(k);
      r += <i32>load<u8>(p) * w; g += <i32>load<u8>(p, 1) * w; b += <i32>load<u8>(p, 2) * w;
    }
    store<u8>(out, clamp8(r)); store<u8>(out, clamp8(g), 1); store<u8>(out, clamp8(b), 2); store<u8>(out, 255, 3);
    out += 4; weights += axis.taps << 2;
  }
}

/** Filters four rows along x. */
export function columns(
  s0: usize, s1: usize, s2: usize, s3: usize,
  d0: usize, d1: usize, d2: usize, d3: usize, axis: Axis,
): void {
  row(s0, d0, axis); row(s1, d1, axis); row(s2, d2, axis); row(s3, d3, axis);
}

/** One result row from `count` rows. */
export function rows(pointers: usize, count: i32, weights: usize, out: usize, bytes: i32): void {
  for (let x = 0; x < bytes; x++) {
    let sum = HALF;
    for (let i = 0; i < count; i++) sum += <i32>load<u8>(load<usize>(pointers + (i << 2)) + x) * load<i32>(weights + (i << 2));
    store<u8>(out + x, clamp8(sum));
  }
}
