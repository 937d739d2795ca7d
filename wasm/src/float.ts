// The f32 variant (torchvision's Resize on a u8 tensor before 0.27; only LLaVA's ExecuTorch export needs it).
// No rounding between the passes; one fused multiply-add per tap, here as f64 arithmetic rounded to f32: the product of two
// f32 is exact in f64.
import { Axis, Source, Work } from './layout';
import { fetch } from './source';

// @ts-ignore: decorator
@inline function fma(sum: f32, w: f32, p: f32): f32 { return <f32>(<f64>sum + <f64>w * <f64>p); }

/** Filters one row along x into RGB triples of f32. Axis weights are f32 here. */
function row(source: usize, axis: Axis, out: usize): void {
  for (let x = 0; x < axis.size; x++) {
    const n = load<i32>(axis.count + (x << 2)), k = axis.weights + ((x * axis.taps) << 2);
    let p = source + (load<i32>(axis.first + (x << 2)) << 2), w = load<f32>(k);
    let r = <f32>load<u8>(p) * w, g = <f32>load<u8>(p, 1) * w, b = <f32>load<u8>(p, 2) * w;
    for (let j = 1; j < n; j++) {
      p += 4; w = load<f32>(k + (j << 2));
      r = fma(r, w, <f32>load<u8>(p)); g = fma(g, w, <f32>load<u8>(p, 1)); b = fma(b, w, <f32>load<u8>(p, 2));
    }
    store<f32>(out, r); store<f32>(out, g, 4); store<f32>(out, b, 8);
    out += 12;
  }
}

// @ts-ignore: decorator
@inline function round(v: f32): u8 { const n = nearest<f32>(v); return <u8>(n < 0 ? 0 : n > 255 ? 255 : n); }

/**
 * As `resize`, in f32 throughout; half to even at the end. Axes always have taps, weights are f32.
 * The ring has `taps` rows or more of 12 * across.size bytes.
 */
export function resizeFloat(source: Source, across: Axis, down: Axis, work: Work, out: usize, outStride: i32): void {
  let done = load<i32>(down.first);
  for (let y = 0; y < down.size; y++) {
    const first = load<i32>(down.first + (y << 2)), n = load<i32>(down.count + (y << 2));
    for (; done < first + n; done++) row(fetch(source, done, work.fetched), across, work.ring + (done % work.ringRows) * work.ringStride);
    const k = down.weights + ((y * down.taps) << 2);
    for (let x = 0; x < across.size; x++) {
      for (let c = 0; c < 3; c++) {
        const at = x * 12 + c * 4;
        let sum = load<f32>(work.ring + (first % work.ringRows) * work.ringStride + at) * load<f32>(k);
        for (let j = 1; j < n; j++) sum = fma(sum, load<f32>(k + (j << 2)), load<f32>(work.ring + ((first + j) % work.ringRows) * work.ringStride + at));
        store<u8>(out + (x << 2) + c, round(sum));
      }
      store<u8>(out + (x << 2), 255, 3);
    }
    out += outStride;
  }
}
