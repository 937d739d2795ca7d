// Resizing with SIMD, 16 source rows at a time. Three ideas:
//
// 1. A weight k is split as k = hi * 2^15 + lo (hi signed, lo 15 bits unsigned): two i16 dot products give the exact
//    32-bit sum, ((hi . p) << 15) + (lo . p).
// 2. A dot product takes pairs of neighbouring samples, so samples are stored as pairs: [p(x), p(x + 1)] for x even, for
//    16 rows side by side. `load_ext` then delivers operands without any shuffle. Weights start at an even sample, too.
// 3. The fourth channel is left out between reading and writing.
//
//   source rows --pairColumns--> columns --filterColumns--> narrow --pairRows--> ring --filterRows--> row planes --> RGBX
import { Axis, BITS, HALF, Source, Work } from './layout';
import { fetch } from './source';

/** Rows filtered together along x. */
export const BLOCK: i32 = 16;

// @ts-ignore: decorator
@inline function join(hi: v128, lo: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(hi, 15), lo), i32x4.splat(HALF)), BITS);
}

/** 16 sums to 16 bytes. */
// @ts-ignore: decorator
@inline function finish(h0: v128, l0: v128, h1: v128, l1: v128, h2: v128, l2: v128, h3: v128, l3: v128): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(join(h0, l0), join(h1, l1)),
    i16x8.narrow_i32x4_s(join(h2, l2), join(h3, l3)),
  );
}

/**
 * Moves the weights of each result to an even first sample and rewrites them in place, two at a time, to
 * [hi pair, lo pair]. `count` becomes even. Needs room for one weight more than the filter has.
 */
export function pack(axis: Axis): void {
  for (let i = 0; i < axis.size; i++) {
    const k = axis.weights + ((i * axis.taps) << 2), first = load<i32>(axis.first + (i << 2));
    let count = load<i32>(axis.count + (i << 2));
    if (first & 1) {
      memory.copy(k + 4, k, count << 2);
      store<i32>(k, 0);
      store<i32>(axis.first + (i << 2), first - 1);
      count++;
    }
    if (count & 1) store<i32>(k + (count++ << 2), 0);
    store<i32>(axis.count + (i << 2), count);
    for (let at = k; at < k + (count << 2); at += 8) {
      const a = load<i32>(at), b = load<i32>(at, 4);
      store<i32>(at, ((a >> 15) & 0xffff) | ((b >> 15) << 16));
      store<i32>(at, (a & 0x7fff) | ((b & 0x7fff) << 16), 4);
    }
  }
}

/**
 * The filter itself: 16 results from `pairs` pairs of vectors, `step` bytes apart. Both passes are this.
 * `k`: packed weights.
 */
// @ts-ignore: decorator
@inline function filter(p: usize, step: usize, k: usize, end: usize): v128 {
  let h0 = i32x4.splat(0), h1 = h0, h2 = h0, h3 = h0, l0 = h0, l1 = h0, l2 = h0, l3 = h0;
  do {
    const H = v128.load_splat<i32>(k), L = v128.load_splat<i32>(k, 4);
    let v = v128.load_ext<u8>(p);
    h0 = i32x4.add(h0, i32x4.dot_i16x8_s(v, H)); l0 = i32x4.add(l0, i32x4.dot_i16x8_s(v, L));
    v = v128.load_ext<u8>(p, 8);
    h1 = i32x4.add(h1, i32x4.dot_i16x8_s(v, H)); l1 = i32x4.add(l1, i32x4.dot_i16x8_s(v, L));
    v = v128.load_ext<u8>(p, 16);
    h2 = i32x4.add(h2, i32x4.dot_i16x8_s(v, H)); l2 = i32x4.add(l2, i32x4.dot_i16x8_s(v, L));
    v = v128.load_ext<u8>(p, 24);
    h3 = i32x4.add(h3, i32x4.dot_i16x8_s(v, H)); l3 = i32x4.add(l3, i32x4.dot_i16x8_s(v, L));
    p += step; k += 8;
  } while (k < end);
  return finish(h0, l0, h1, l1, h2, l2, h3, l3);
}

// 8 x 8 transposition of 16-bit units in three steps of interleaving.
// @ts-ignore: decorator
@inline function low16(a: v128, b: v128): v128 { return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
// @ts-ignore: decorator
@inline function high16(a: v128, b: v128): v128 { return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
// @ts-ignore: decorator
@inline function low32(a: v128, b: v128): v128 { return i32x4.shuffle(a, b, 0, 4, 1, 5); }
// @ts-ignore: decorator
@inline function high32(a: v128, b: v128): v128 { return i32x4.shuffle(a, b, 2, 6, 3, 7); }
// @ts-ignore: decorator
@inline function low64(a: v128, b: v128): v128 { return i64x2.shuffle(a, b, 0, 2); }
// @ts-ignore: decorator
@inline function high64(a: v128, b: v128): v128 { return i64x2.shuffle(a, b, 1, 3); }
// @ts-ignore: decorator
@inline function low8(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); }
// @ts-ignore: decorator
@inline function high8(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); }

/** Bytes of one pair of columns: three channels of 16 rows of 2 samples. */
const COLUMN: usize = 96;

/** Eight pixels of a row, even ones beside odd ones: [R0 R1 G0 G1 B0 B1 X0 X1 R2 R3 ...] or the second half of it. */
// @ts-ignore: decorator
@inline function pairsLow(p: usize): v128 {
  const a = v128.load(p), b = v128.load(p, 16);
  return low8(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}
// @ts-ignore: decorator
@inline function pairsHigh(p: usize): v128 {
  const a = v128.load(p), b = v128.load(p, 16);
  return high8(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** Two pairs of columns for eight rows. */
// @ts-ignore: decorator
@inline function twoPairs(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128, out: usize): void {
  const ab = low16(a, b), cd = low16(c, d), ef = low16(e, f), gh = low16(g, h);
  const AB = high16(a, b), CD = high16(c, d), EF = high16(e, f), GH = high16(g, h);
  const abcd = low32(ab, cd), efgh = low32(ef, gh), ABCD = low32(AB, CD), EFGH = low32(EF, GH);
  v128.store(out, low64(abcd, efgh));
  v128.store(out, high64(abcd, efgh), 32);
  v128.store(out, low64(high32(ab, cd), high32(ef, gh)), 64);
  v128.store(out, low64(ABCD, EFGH), 96);
  v128.store(out, high64(ABCD, EFGH), 128);
  v128.store(out, low64(high32(AB, CD), high32(EF, GH)), 160);
}

/** Eight rows, from pixel x0 (even) to before x1, into the columns. */
function pairColumns(r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, r6: usize, r7: usize, x0: i32, x1: i32, out: usize): void {
  for (let x = x0; x < x1; x += 8) {
    const o: usize = x << 2;
    twoPairs(pairsLow(r0 + o), pairsLow(r1 + o), pairsLow(r2 + o), pairsLow(r3 + o), pairsLow(r4 + o), pairsLow(r5 + o), pairsLow(r6 + o), pairsLow(r7 + o), out);
    twoPairs(pairsHigh(r0 + o), pairsHigh(r1 + o), pairsHigh(r2 + o), pairsHigh(r3 + o), pairsHigh(r4 + o), pairsHigh(r5 + o), pairsHigh(r6 + o), pairsHigh(r7 + o), out + 2 * COLUMN);
    out += 4 * COLUMN;
  }
}

/** Filters 16 rows along x: `narrow` gets, for every result and channel, 16 rows. */
function filterColumns(columns: usize, x0: i32, axis: Axis, narrow: usize): void {
  let first = axis.first, count = axis.count, weights = axis.weights;
  for (let x = 0; x < axis.size; x++) {
    const p = columns + <usize>((load<i32>(first) - x0) >> 1) * COLUMN, end = weights + (load<i32>(count) << 2);
    v128.store(narrow, filter(p, COLUMN, weights, end));
    v128.store(narrow, filter(p + 32, COLUMN, weights, end), 16);
    v128.store(narrow, filter(p + 64, COLUMN, weights, end), 32);
    narrow += 48; first += 4; count += 4; weights += axis.taps << 2;
  }
}

/** Eight results of one channel (16 rows each, as 8 pairs) become 8 pair rows; `out` and `step`: the first, and to the next. */
// @ts-ignore: decorator
@inline function eightResults(p: usize, o0: usize, o1: usize, o2: usize, o3: usize, o4: usize, o5: usize, o6: usize, o7: usize, at: usize): void {
  const a = v128.load(p), b = v128.load(p, 48), c = v128.load(p, 96), d = v128.load(p, 144);
  const e = v128.load(p, 192), f = v128.load(p, 240), g = v128.load(p, 288), h = v128.load(p, 336);
  const ab = low16(a, b), cd = low16(c, d), ef = low16(e, f), gh = low16(g, h);
  const AB = high16(a, b), CD = high16(c, d), EF = high16(e, f), GH = high16(g, h);
  let u = low32(ab, cd), v = low32(ef, gh);
  v128.store(o0 + at, low64(u, v)); v128.store(o1 + at, high64(u, v));
  u = high32(ab, cd); v = high32(ef, gh);
  v128.store(o2 + at, low64(u, v)); v128.store(o3 + at, high64(u, v));
  u = low32(AB, CD); v = low32(EF, GH);
  v128.store(o4 + at, low64(u, v)); v128.store(o5 + at, high64(u, v));
  u = high32(AB, CD); v = high32(EF, GH);
  v128.store(o6 + at, low64(u, v)); v128.store(o7 + at, high64(u, v));
}

// @ts-ignore: decorator
@inline function pairRow(work: Work, pair: i32): usize {
  return work.ring + <usize>(pair % (work.ringRows >> 1)) * (work.ringStride << 1);
}

/** `narrow` into the ring: 8 pair rows of three planes of `wide` pairs. */
function pairRows(narrow: usize, wide: i32, work: Work, pair: i32): void {
  const o0 = pairRow(work, pair), o1 = pairRow(work, pair + 1), o2 = pairRow(work, pair + 2), o3 = pairRow(work, pair + 3);
  const o4 = pairRow(work, pair + 4), o5 = pairRow(work, pair + 5), o6 = pairRow(work, pair + 6), o7 = pairRow(work, pair + 7);
  for (let c = 0; c < 3; c++) {
    const plane: usize = c * (wide << 1);
    for (let x = 0; x < wide; x += 8)
      eightResults(narrow + x * 48 + (c << 4), o0, o1, o2, o3, o4, o5, o6, o7, plane + (x << 1));
  }
}

/** Three planes of a finished row to RGBX. `out` takes whole groups of 16 pixels. */
function interleave(planes: usize, wide: i32, out: usize): void {
  const g: usize = wide, b: usize = wide << 1, opaque = i8x16.splat(-1);
  for (let x = 0; x < wide; x += 16) {
    const red = v128.load(planes + x), green = v128.load(planes + g + x), blue = v128.load(planes + b + x), to = out + (x << 2);
    const rg = low8(red, green), bx = low8(blue, opaque), RG = high8(red, green), BX = high8(blue, opaque);
    v128.store(to, low16(rg, bx)); v128.store(to, high16(rg, bx), 16);
    v128.store(to, low16(RG, BX), 32); v128.store(to, high16(RG, BX), 48);
  }
}

/** Fills 8 pair rows with one colour. */
function constantRows(colour: u32, wide: i32, work: Work, pair: i32): void {
  for (let i = 0; i < 8; i++) {
    const row = pairRow(work, pair + i), plane: usize = wide << 1;
    for (let c = 0; c < 3; c++) memory.fill(row + c * plane, <u8>(colour >> (c << 3)), plane);
  }
}

/** Filters rows y..y+15 along x into the ring; rows past `last` repeat it and are never used. */
export function fillRing(source: Source, y: i32, last: i32, across: Axis, wide: i32, work: Work): void {
  if (y >= source.padY + source.height || y + BLOCK <= source.padY) {
    // One colour stays that colour: weights sum to 2^22 within a few units, far from a rounding step.
    constantRows(source.colour, wide, work, y >> 1);
    return;
  }
  const x0 = load<i32>(across.first), end = across.size - 1 << 2;
  const x1 = load<i32>(across.first + end) + load<i32>(across.count + end);
  const step: usize = (source.padWidth << 2) + 64;
  for (let half = 0; half < BLOCK; half += 8) {
    const f = work.fetched, r = y + half;
    pairColumns(
      fetch(source, min(r, last), f), fetch(source, min(r + 1, last), f + step),
      fetch(source, min(r + 2, last), f + 2 * step), fetch(source, min(r + 3, last), f + 3 * step),
      fetch(source, min(r + 4, last), f + 4 * step), fetch(source, min(r + 5, last), f + 5 * step),
      fetch(source, min(r + 6, last), f + 6 * step), fetch(source, min(r + 7, last), f + 7 * step),
      x0, x1, work.columns + (half << 1),
    );
  }
  filterColumns(work.columns, x0, across, work.narrow);
  pairRows(work.narrow, wide, work, y >> 1);
}

/** Result row `y` of the axis `down` from the ring, as RGBX at `out`, which takes whole groups of 16 pixels. */
export function filterRows(down: Axis, y: i32, wide: i32, work: Work, out: usize): void {
  const pair = load<i32>(down.first + (y << 2)) >> 1, n = load<i32>(down.count + (y << 2)) >> 1;
  const weights = down.weights + ((y * down.taps) << 2), bytes = 3 * wide;
  for (let i = 0; i < n; i++) store<usize>(work.rows + (i << 2), pairRow(work, pair + i));
  const end = weights + (n << 3);
  for (let x = 0; x < bytes; x += 16) {
    let h0 = i32x4.splat(0), h1 = h0, h2 = h0, h3 = h0, l0 = h0, l1 = h0, l2 = h0, l3 = h0;
    let k = weights, rows = work.rows;
    do {
      const p = load<usize>(rows) + (x << 1), H = v128.load_splat<i32>(k), L = v128.load_splat<i32>(k, 4);
      let v = v128.load_ext<u8>(p);
      h0 = i32x4.add(h0, i32x4.dot_i16x8_s(v, H)); l0 = i32x4.add(l0, i32x4.dot_i16x8_s(v, L));
      v = v128.load_ext<u8>(p, 8);
      h1 = i32x4.add(h1, i32x4.dot_i16x8_s(v, H)); l1 = i32x4.add(l1, i32x4.dot_i16x8_s(v, L));
      v = v128.load_ext<u8>(p, 16);
      h2 = i32x4.add(h2, i32x4.dot_i16x8_s(v, H)); l2 = i32x4.add(l2, i32x4.dot_i16x8_s(v, L));
      v = v128.load_ext<u8>(p, 24);
      h3 = i32x4.add(h3, i32x4.dot_i16x8_s(v, H)); l3 = i32x4.add(l3, i32x4.dot_i16x8_s(v, L));
      rows += 4; k += 8;
    } while (k < end);
    v128.store(work.planes + x, finish(h0, l0, h1, l1, h2, l2, h3, l3));
  }
  interleave(work.planes, wide, out);
}
