// YCbCr planes to RGBX exactly as libjpeg does it: "fancy" chroma upsampling and integer conversion.
// Source of the formulas: libjpeg jdsample.c (h2v1_fancy_upsample, h2v2_fancy_upsample) and jdcolor.c.
import { Source } from './layout';

// @ts-ignore: decorator
@inline function clamp8(v: i32): u8 { return <u8>(v < 0 ? 0 : v > 255 ? 255 : v); }

/** 2 x 1: out[2x] = (3 c + left + 1) >> 2, out[2x+1] = (3 c + right + 2) >> 2; the outermost samples are copied. */
function wide(plane: usize, n: i32, out: usize): void {
  if (n <= 2) return repeat(plane, n, out);
  store<u8>(out, load<u8>(plane));
  store<u8>(out, <u8>((<i32>load<u8>(plane) * 3 + <i32>load<u8>(plane, 1) + 2) >> 2), 1);
  for (let x = 1; x < n - 1; x++) {
    const c = <i32>load<u8>(plane + x) * 3, at = out + (x << 1);
    store<u8>(at, <u8>((c + <i32>load<u8>(plane + x - 1) + 1) >> 2));
    store<u8>(at, <u8>((c + <i32>load<u8>(plane + x + 1) + 2) >> 2), 1);
  }
  const at = out + ((n - 1) << 1);
  store<u8>(at, <u8>((<i32>load<u8>(plane + n - 1) * 3 + <i32>load<u8>(plane + n - 2) + 1) >> 2));
  store<u8>(at, load<u8>(plane + n - 1), 1);
}

/** Planes of at most two columns are not filtered: libjpeg repeats the samples. */
function repeat(plane: usize, n: i32, out: usize): void {
  for (let x = 0; x < n; x++) { const c = load<u8>(plane + x); store<u8>(out + (x << 1), c); store<u8>(out + (x << 1), c, 1); }
}

/** 2 x 2: column sums 3 * near + far, then the same along x with /16. Rows past the edge repeat the outermost. */
function square(plane: usize, source: Source, y: i32, out: usize, sums: usize): void {
  const n = source.chromaWidth, near = y >> 1;
  if (n <= 2) return repeat(plane + near * source.chromaStride, n, out);
  const far = min(max(y & 1 ? near + 1 : near - 1, 0), source.chromaHeight - 1);
  const a = plane + near * source.chromaStride, b = plane + far * source.chromaStride;
  if (ASC_FEATURE_SIMD) {
    const three = i16x8.splat(3), e8 = i16x8.splat(8), e7 = i16x8.splat(7);
    for (let x = 0; x < n; x += 8) v128.store(sums + (x << 1), i16x8.add(i16x8.mul(v128.load_ext<u8>(a + x), three), v128.load_ext<u8>(b + x)));
    store<u16>(sums - 2, load<u16>(sums)); store<u16>(sums + (n << 1), load<u16>(sums + (n << 1) - 2));
    for (let x = 0; x < n; x += 8) {
      const q = sums + (x << 1), m = i16x8.mul(v128.load(q), three);
      const even = i16x8.shr_u(i16x8.add(i16x8.add(m, v128.load(q - 2)), e8), 4), odd = i16x8.shr_u(i16x8.add(i16x8.add(m, v128.load(q + 2)), e7), 4);
      v128.store(out + (x << 1), v128.or(even, i16x8.shl(odd, 8)));
    }
    return;
  }
  for (let x = 0; x < n; x++) store<u16>(sums + (x << 1), <u16>(<i32>load<u8>(a + x) * 3 + <i32>load<u8>(b + x)));
  store<u16>(sums - 2, load<u16>(sums)); store<u16>(sums + (n << 1), load<u16>(sums + (n << 1) - 2));
  for (let x = 0; x < n; x++) {
    const q = sums + (x << 1), m = <i32>load<u16>(q) * 3;
    store<u8>(out + (x << 1), <u8>((m + <i32>load<u16>(q - 2) + 8) >> 4));
    store<u8>(out + (x << 1), <u8>((m + <i32>load<u16>(q + 2) + 7) >> 4), 1);
  }
}

// @ts-ignore: decorator
@inline function product(l: v128, h: v128, k: v128): v128 {
  const half = i32x4.splat(32768);
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(l, k), half), 16), i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(h, k), half), 16));
}
// @ts-ignore: decorator
@inline function clamp16(v: v128): v128 { return i16x8.min_s(i16x8.max_s(v, i16x8.splat(0)), i16x8.splat(255)); }

/** Eight pixels at a time; the constants are libjpeg's 16-bit fixed point with the whole parts taken out, to fit i16. */
function convertSimd(Y: usize, u: usize, v: usize, width: i32, out: usize): void {
  const c128 = i16x8.splat(128), red = i32x4.splat(26345 << 16), blue = i32x4.splat(-14942 & 0xffff);
  const green = i32x4.splat((-22554 & 0xffff) | (18734 << 16)), opaque = i16x8.splat(-256);
  for (let x = 0; x < width; x += 8) {
    const yy = v128.load_ext<u8>(Y + x), cb = i16x8.sub(v128.load_ext<u8>(u + x), c128), cr = i16x8.sub(v128.load_ext<u8>(v + x), c128);
    const l = i16x8.shuffle(cb, cr, 0, 8, 1, 9, 2, 10, 3, 11), h = i16x8.shuffle(cb, cr, 4, 12, 5, 13, 6, 14, 7, 15);
    const r = clamp16(i16x8.add(i16x8.add(yy, cr), product(l, h, red)));
    const g = clamp16(i16x8.add(i16x8.sub(yy, cr), product(l, h, green)));
    const b = clamp16(i16x8.add(i16x8.add(yy, i16x8.shl(cb, 1)), product(l, h, blue)));
    const rg = v128.or(r, i16x8.shl(g, 8)), bx = v128.or(b, opaque);
    v128.store(out + (x << 2), i16x8.shuffle(rg, bx, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(out + (x << 2), i16x8.shuffle(rg, bx, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}

/** FIX(1.402) = 91881, FIX(1.772) = 116130, FIX(0.71414) = 46802, FIX(0.34414) = 22554, all * 2^16. */
function convertScalar(Y: usize, u: usize, v: usize, width: i32, out: usize): void {
  for (let x = 0; x < width; x++) {
    const y = <i32>load<u8>(Y + x), cb = <i32>load<u8>(u + x) - 128, cr = <i32>load<u8>(v + x) - 128, at = out + (x << 2);
    store<u8>(at, clamp8(y + ((91881 * cr + 32768) >> 16)));
    store<u8>(at, clamp8(y + ((-22554 * cb - 46802 * cr + 32768) >> 16)), 1);
    store<u8>(at, clamp8(y + ((116130 * cb + 32768) >> 16)), 2);
    store<u8>(at, 255, 3);
  }
}

/** Converts row y. May write up to 28 bytes behind the row. */
export function yccRow(source: Source, y: i32, out: usize): void {
  const luma = source.pixels + y * source.stride;
  let u = source.cb + y * source.chromaStride, v = source.cr + y * source.chromaStride;
  if (source.kind > 1) {
    const rowBytes = (source.chromaWidth << 1) + 64;
    const up = source.chromaRows, vp = up + rowBytes, sums = vp + rowBytes + 32;
    if (source.kind == 2) { wide(u, source.chromaWidth, up); wide(v, source.chromaWidth, vp); }
    else { square(source.cb, source, y, up, sums); square(source.cr, source, y, vp, sums); }
    u = up; v = vp;
  }
  if (ASC_FEATURE_SIMD) convertSimd(luma, u, v, source.width, out); else convertScalar(luma, u, v, source.width, out);
}
