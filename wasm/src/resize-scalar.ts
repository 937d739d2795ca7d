// The scalar twin of resize-simd.ts: plain 32-bit sums, as the specification writes them. Rows of RGBX throughout.
import { Axis, BITS, HALF, Source, Work } from './layout';
import { fetch } from './source';

/** Rows filtered together along x. */
export const BLOCK: i32 = 1;

// @ts-ignore: decorator
@inline function clamp8(sum: i32): u8 { sum >>= BITS; return <u8>(sum < 0 ? 0 : sum > 255 ? 255 : sum); }

/** Weights stay as they are. */
export function pack(_axis: Axis): void {}

// @ts-ignore: decorator
@inline function slot(work: Work, y: i32): usize { return work.ring + <usize>(y % work.ringRows) * work.ringStride; }

/** Filters row y along x into the ring. */
export function fillRing(source: Source, y: i32, _last: i32, across: Axis, _wide: i32, work: Work): void {
  const row = fetch(source, y, work.fetched);
  let out = slot(work, y), weights = across.weights;
  for (let x = 0; x < across.size; x++) {
    let p = row + (load<i32>(across.first + (x << 2)) << 2), k = weights;
    const end = k + (load<i32>(across.count + (x << 2)) << 2);
    let r = HALF, g = HALF, b = HALF;
    for (; k < end; k += 4, p += 4) {
      const w = load<i32>(k);
      r += <i32>load<u8>(p) * w; g += <i32>load<u8>(p, 1) * w; b += <i32>load<u8>(p, 2) * w;
    }
    store<u8>(out, clamp8(r)); store<u8>(out, clamp8(g), 1); store<u8>(out, clamp8(b), 2); store<u8>(out, 255, 3);
    out += 4; weights += across.taps << 2;
  }
}

/** Result row `y` of the axis `down` from the ring, as RGBX at `out`. */
export function filterRows(down: Axis, y: i32, wide: i32, work: Work, out: usize): void {
  const first = load<i32>(down.first + (y << 2)), n = load<i32>(down.count + (y << 2));
  const weights = down.weights + ((y * down.taps) << 2);
  for (let i = 0; i < n; i++) store<usize>(work.rows + (i << 2), slot(work, first + i));
  for (let x = 0; x < wide << 2; x++) {
    let sum = HALF;
    for (let i = 0; i < n; i++) sum += <i32>load<u8>(load<usize>(work.rows + (i << 2)) + x) * load<i32>(weights + (i << 2));
    store<u8>(out + x, clamp8(sum));
  }
}
