// The exports. README.md in this folder is the ABI; the host plans all memory, nothing here allocates.
import { Axis, Sink, Source, Work } from './layout';
import { fetch } from './source';
import { emit } from './sink';
import * as scalar from './filter-scalar';
import * as simd from './filter-simd';

export { resizeFloat } from './float';
export { flatten, orient, swapRedBlue } from './pixels';
export { expand, unfilter } from './png';

/** First free byte, a multiple of 64. */
export function heapBase(): usize { return (__heap_base + 63) & ~63; }

/** Makes the weights of an axis ready for the kernels. Once per axis, after writing them. `columns`: it is the x axis. */
export function pack(axis: Axis, columns: bool): void {
  if (axis.taps == 0) return;
  if (ASC_FEATURE_SIMD) simd.pack(axis, columns); else scalar.pack(axis, columns);
}

/** Reads rows y0..y1 of the source, writes them as RGBX to `out` (every `outStride` bytes) and to the sink, if any. */
export function copyRows(source: Source, x0: i32, y0: i32, width: i32, y1: i32, work: Work, out: usize, outStride: i32, sink: Sink | null): void {
  for (let y = y0; y < y1; y++) {
    memory.copy(out, fetch(source, y, work.fetched) + (x0 << 2), width << 2);
    if (sink) emit(sink, out, y - y0);
    out += outStride;
  }
}

// @ts-ignore: decorator
@inline function slot(work: Work, y: i32): usize { return work.ring + (y % work.ringRows) * work.ringStride; }

/** Fills the ring with the filtered source rows y..y+3; rows at or past `end` repeat the last one and are never used. */
function fillRing(source: Source, y: i32, end: i32, across: Axis, work: Work): void {
  const d0 = slot(work, y), d1 = slot(work, y + 1), d2 = slot(work, y + 2), d3 = slot(work, y + 3);
  if (y >= source.padY + source.height || y + 3 < source.padY) {
    // A row of one colour stays that colour: weights sum to 2^22 within a few units, far from a rounding step.
    for (let x = 0; x < across.size << 2; x += 4) store<u32>(d0 + x, source.colour);
    memory.copy(d1, d0, across.size << 2); memory.copy(d2, d0, across.size << 2); memory.copy(d3, d0, across.size << 2);
    return;
  }
  const step = (source.padWidth << 2) + 64, last = end - 1;
  const s0 = fetch(source, y, work.fetched);
  const s1 = fetch(source, min(y + 1, last), work.fetched + step);
  const s2 = fetch(source, min(y + 2, last), work.fetched + 2 * step);
  const s3 = fetch(source, min(y + 3, last), work.fetched + 3 * step);
  if (across.taps == 0) {
    const at = load<i32>(across.first) << 2, bytes = across.size << 2;
    memory.copy(d0, s0 + at, bytes); memory.copy(d1, s1 + at, bytes); memory.copy(d2, s2 + at, bytes); memory.copy(d3, s3 + at, bytes);
  } else if (ASC_FEATURE_SIMD) simd.columns(s0, s1, s2, s3, d0, d1, d2, d3, across);
  else scalar.columns(s0, s1, s2, s3, d0, d1, d2, d3, across);
}

/**
 * Filters the source with `across` (x), rounds to u8, filters with `down` (y), writes RGBX rows to `out` and to the sink.
 * Source rows are read once, in order, four at a time; only the ring lies between the passes.
 */
export function resize(source: Source, across: Axis, down: Axis, work: Work, out: usize, outStride: i32, sink: Sink | null): void {
  const bytes = across.size << 2, padded = (bytes + 15) & ~15;
  const firstRow = load<i32>(down.first);
  const lastResult = down.size - 1;
  const end = down.taps == 0 ? firstRow + down.size : load<i32>(down.first + (lastResult << 2)) + load<i32>(down.count + (lastResult << 2));
  const spare = slot(work, work.ringRows - 1) + work.ringStride;
  let done = firstRow;
  for (let y = 0; y < down.size; y++) {
    const first = down.taps == 0 ? firstRow + y : load<i32>(down.first + (y << 2));
    const count = down.taps == 0 ? 1 : load<i32>(down.count + (y << 2));
    for (; done < first + count; done += 4) fillRing(source, done, end, across, work);
    if (down.taps == 0) memory.copy(out, slot(work, first), bytes);
    else {
      const n = (count + 3) & ~3;
      for (let i = 0; i < n; i++) store<usize>(work.rows + (i << 2), slot(work, first + i));
      // the last 16-byte store may pass the row's end: go through the spare row
      const direct = bytes == padded;
      const to = direct ? out : spare;
      const weights = down.weights + ((y * down.taps) << 2);
      if (ASC_FEATURE_SIMD) simd.rows(work.rows, count, weights, to, padded);
      else scalar.rows(work.rows, count, weights, to, bytes);
      if (!direct) memory.copy(out, spare, bytes);
    }
    if (sink) emit(sink, out, y);
    out += outStride;
  }
}
