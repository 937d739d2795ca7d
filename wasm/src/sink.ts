// A finished row of RGBX becomes what the model reads.
import { NORM_TABLE, Norm, Sink } from './layout';

/** Row y of the picture at `row` goes where the sink says. */
export function emit(sink: Sink, row: usize, y: i32): void {
  const kind = sink.kind;
  if (kind == 1) interleave(row, sink.width, sink.out + y * sink.width * 3);
  else if (kind == 2) separate(sink, row, y);
  else if (kind == 3) tiles(sink, row, y);
  else patches(sink, row, y);
}

/** RGBX to RGB. */
function interleave(row: usize, width: i32, out: usize): void {
  let x = 0;
  if (ASC_FEATURE_SIMD) {
    // 12 useful bytes of 16 are stored; the next group overwrites the rest, so stop before the last full group
    for (; x + 8 <= width; x += 4) {
      const v = v128.load(row + (x << 2));
      v128.store(out + x * 3, i8x16.shuffle(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 14, 14, 14, 14));
    }
  }
  for (; x < width; x++) {
    const at = out + x * 3, p = row + (x << 2);
    store<u8>(at, load<u8>(p)); store<u8>(at, load<u8>(p, 1), 1); store<u8>(at, load<u8>(p, 2), 2);
  }
}

/** RGBX to three planes of u8. */
function separate(sink: Sink, row: usize, y: i32): void {
  const plane = sink.width * sink.height, r = sink.out + y * sink.width, g = r + plane, b = g + plane;
  for (let x = 0; x < sink.width; x++) {
    const p = row + (x << 2);
    store<u8>(r + x, load<u8>(p)); store<u8>(g + x, load<u8>(p, 1)); store<u8>(b + x, load<u8>(p, 2));
  }
}

/** Tiles of a x b pixels in raster order, each as three planes of f32. */
function tiles(sink: Sink, row: usize, y: i32): void {
  const a = sink.a, b = sink.b, columns = sink.width / a, plane = (a * b) << 2, norm = changetype<Norm>(sink.norm);
  let out = sink.out + (y / b) * columns * 3 * plane + (y % b) * (a << 2);
  for (let tile = 0; tile < columns; tile++) {
    normalise(norm, row, a, out, out + plane, out + 2 * plane);
    row += a << 2; out += 3 * plane;
  }
}

/** `width` pixels to three places. */
function normalise(norm: Norm, row: usize, width: i32, r: usize, g: usize, b: usize): void {
  let x = 0;
  if (ASC_FEATURE_SIMD) {
    if (!norm.tableOnly) {
      const ff = i32x4.splat(255), d = f32x4.splat(norm.divisor);
      const m0 = f32x4.splat(norm.mean0), m1 = f32x4.splat(norm.mean1), m2 = f32x4.splat(norm.mean2);
      const s0 = f32x4.splat(norm.deviation0), s1 = f32x4.splat(norm.deviation1), s2 = f32x4.splat(norm.deviation2);
      for (; x + 4 <= width; x += 4) {
        const v = v128.load(row + (x << 2)), at: usize = x << 2;
        v128.store(r + at, scale(v128.and(v, ff), d, m0, s0));
        v128.store(g + at, scale(v128.and(i32x4.shr_u(v, 8), ff), d, m1, s1));
        v128.store(b + at, scale(v128.and(i32x4.shr_u(v, 16), ff), d, m2, s2));
      }
    }
  }
  const table = changetype<usize>(norm) + NORM_TABLE;
  for (; x < width; x++) {
    const p = row + (x << 2), at: usize = x << 2;
    store<f32>(r + at, load<f32>(table + ((<usize>load<u8>(p)) << 2)));
    store<f32>(g + at, load<f32>(table + ((<usize>load<u8>(p, 1)) << 2), 1024));
    store<f32>(b + at, load<f32>(table + ((<usize>load<u8>(p, 2)) << 2), 2048));
  }
}

// @ts-ignore: decorator
@inline function scale(u: v128, divisor: v128, mean: v128, deviation: v128): v128 {
  return f32x4.div(f32x4.sub(f32x4.div(f32x4.convert_i32x4_s(u), divisor), mean), deviation);
}

/**
 * Qwen patches: rows in blocks of merge x merge, a row holds channel, temporal copy, y, x.
 * a: patch, b: merge, c: temporal copies.
 */
function patches(sink: Sink, row: usize, y: i32): void {
  const p = sink.a, m = sink.b, copies = sink.c, across = sink.width / p, norm = changetype<Norm>(sink.norm);
  const gy = y / p, inside = (y % p) * (p << 2), plane: usize = (p * p) << 2, channel = plane * copies;
  const blockRow = (gy / m) * (across / m) * m * m + (gy % m) * m, bytes: usize = p << 2;
  for (let gx = 0; gx < across; gx++) {
    const index = blockRow + (gx / m) * m * m + (gx % m);
    const out = sink.out + <usize>index * (3 * channel) + inside;
    normalise(norm, row, p, out, out + channel, out + 2 * channel);
    for (let k = 1; k < copies; k++) {
      const to = out + k * plane;
      memory.copy(to, out, bytes); memory.copy(to + channel, out + channel, bytes); memory.copy(to + 2 * channel, out + 2 * channel, bytes);
    }
    row += p << 2;
  }
}
