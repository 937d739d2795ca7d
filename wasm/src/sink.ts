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
  const a = sink.a, b = sink.b, columns = sink.width / a, plane: usize = (a * b) << 2;
  let out = sink.out + (y / b) * columns * 3 * plane + (y % b) * (a << 2);
  for (let tile = 0; tile < columns; tile++) {
    normalise(changetype<Norm>(sink.norm), row, a, out, plane, 1, 0);
    row += a << 2; out += 3 * plane;
  }
}

/**
 * Qwen patches: rows in blocks of merge x merge, a row holds channel, temporal copy, y, x.
 * a: patch, b: merge, c: temporal copies.
 */
function patches(sink: Sink, row: usize, y: i32): void {
  const p = sink.a, m = sink.b, copies = sink.c, across = sink.width / p;
  const gy = y / p, plane: usize = (p * p) << 2, channel = plane * copies;
  const first = sink.out + (y % p) * (p << 2) + <usize>((gy / m) * (across / m) * m * m + (gy % m) * m) * (3 * channel);
  let block = 0, inBlock = 0;
  for (let gx = 0; gx < across; gx++) {
    normalise(changetype<Norm>(sink.norm), row, p, first + <usize>(block + inBlock) * (3 * channel), channel, copies, plane);
    row += p << 2;
    if (++inBlock == m) { inBlock = 0; block += m * m; }
  }
}

/** `width` pixels to three channels, `copies` times each. */
// @ts-ignore: decorator
@inline function normalise(norm: Norm, row: usize, width: i32, r: usize, channel: usize, copies: i32, plane: usize): void {
  const g = r + channel, b = g + channel;
  if (ASC_FEATURE_SIMD) {
    if (!norm.tableOnly && width >= 4) {
      const ff = i32x4.splat(255), d = f32x4.splat(norm.divisor);
      const m0 = f32x4.splat(norm.mean0), m1 = f32x4.splat(norm.mean1), m2 = f32x4.splat(norm.mean2);
      const s0 = f32x4.splat(norm.deviation0), s1 = f32x4.splat(norm.deviation1), s2 = f32x4.splat(norm.deviation2);
      // the last group overlaps the one before it where the width is no multiple of 4
      for (let x = 0; x < width; x += 4) {
        const i = min(x, width - 4), v = v128.load(row + (i << 2));
        const red = scale(v128.and(v, ff), d, m0, s0), green = scale(v128.and(i32x4.shr_u(v, 8), ff), d, m1, s1);
        const blue = scale(v128.and(i32x4.shr_u(v, 16), ff), d, m2, s2);
        let at: usize = i << 2;
        for (let k = 0; k < copies; k++) {
          v128.store(r + at, red); v128.store(g + at, green); v128.store(b + at, blue);
          at += plane;
        }
      }
      return;
    }
  }
  const table = changetype<usize>(norm) + NORM_TABLE;
  for (let x = 0; x < width; x++) {
    const p = row + (x << 2);
    const red = load<f32>(table + ((<usize>load<u8>(p)) << 2)), green = load<f32>(table + ((<usize>load<u8>(p, 1)) << 2), 1024);
    const blue = load<f32>(table + ((<usize>load<u8>(p, 2)) << 2), 2048);
    let at: usize = x << 2;
    for (let k = 0; k < copies; k++) {
      store<f32>(r + at, red); store<f32>(g + at, green); store<f32>(b + at, blue);
      at += plane;
    }
  }
}

// @ts-ignore: decorator
@inline function scale(u: v128, divisor: v128, mean: v128, deviation: v128): v128 {
  return f32x4.div(f32x4.sub(f32x4.div(f32x4.convert_i32x4_s(u), divisor), mean), deviation);
}
