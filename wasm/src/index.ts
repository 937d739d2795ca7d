// The exports. README.md in this folder is the ABI; the host plans all memory, nothing here allocates.
import { Axis, Sink, Source, Work } from './layout';
import { fetch } from './source';
import { emit } from './sink';
import * as scalar from './resize-scalar';
import * as simd from './resize-simd';

export { resizeFloat } from './float';
export { flatten, orient, swapRedBlue } from './pixels';
export { expand, unfilter } from './png';

/** First free byte, a multiple of 64. */
export function heapBase(): usize { return (__heap_base + 63) & ~63; }

/** Makes the weights of an axis ready for the kernels. Once per axis, after writing them. */
export function pack(axis: Axis): void {
  if (ASC_FEATURE_SIMD) simd.pack(axis); else scalar.pack(axis);
}

/** Reads rows y0..y1 of the source, writes them as RGBX to `out` (every `outStride` bytes) and to the sink, if any. */
export function copyRows(source: Source, x0: i32, y0: i32, width: i32, y1: i32, work: Work, out: usize, outStride: i32, sink: Sink | null): void {
  for (let y = y0; y < y1; y++) {
    memory.copy(out, fetch(source, y, work.fetched) + (x0 << 2), width << 2);
    if (sink) emit(sink, out, y - y0);
    out += outStride;
  }
}

/**
 * Filters the source with `across` (x), rounds to u8, filters with `down` (y), writes RGBX rows to `out` and to the sink.
 * Source rows are read once, in order; only the ring lies between the passes.
 */
export function resize(source: Source, across: Axis, down: Axis, work: Work, out: usize, outStride: i32, sink: Sink | null): void {
  const bytes = across.size << 2, wide = ASC_FEATURE_SIMD ? (across.size + 15) & ~15 : across.size;
  const bottom = (down.size - 1) << 2;
  const last = min(load<i32>(down.first + bottom) + load<i32>(down.count + bottom), source.padHeight) - 1;
  let done = load<i32>(down.first);
  for (let y = 0; y < down.size; y++) {
    const needed = load<i32>(down.first + (y << 2)) + load<i32>(down.count + (y << 2));
    if (ASC_FEATURE_SIMD) for (; done < needed; done += simd.BLOCK) simd.fillRing(source, done, last, across, wide, work);
    else for (; done < needed; done += scalar.BLOCK) scalar.fillRing(source, done, last, across, wide, work);
    // whole groups of 16 pixels may pass the row's end: go through the spare row then
    const to = wide == across.size ? out : work.spare;
    if (ASC_FEATURE_SIMD) simd.filterRows(down, y, wide, work, to); else scalar.filterRows(down, y, wide, work, to);
    if (to != out) memory.copy(out, to, bytes);
    if (sink) emit(sink, out, y);
    out += outStride;
  }
}
