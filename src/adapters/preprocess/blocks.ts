import type { Norm, Rgb } from '../../families/family';
import type { Core } from './core';

// The host's side of wasm/src/layout.ts. Each writer fills one block; sizes in bytes.

export const SOURCE_BYTES = 64;
export const AXIS_BYTES = 20;
export const WORK_BYTES = 36;
export const SINK_BYTES = 32;
export const NORM_BYTES = 32 + 3 * 256 * 4;

/** A picture in the core's memory. */
export interface Picture {
  readonly kind: 'rgbx' | 'ycc444' | 'ycc422' | 'ycc420';
  readonly width: number;
  readonly height: number;
  /** RGBX or the Y plane. */
  readonly pixels: number;
  readonly stride: number;
  readonly chroma?: Chroma;
}

export interface Chroma {
  readonly cb: number;
  readonly cr: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  /** Scratch, see `chromaScratch`. */
  readonly rows: number;
}

/** Bytes of scratch for chroma planes of this width. */
export function chromaScratch(chromaWidth: number): number {
  return 6 * chromaWidth + 320;
}

export interface Border {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: Rgb;
}

const KINDS = { rgbx: 0, ycc444: 1, ycc422: 2, ycc420: 3 } as const;

function words(core: Core, at: number, values: readonly number[]): void {
  new Int32Array(core.memory.buffer, at, values.length).set(values);
}

/** An opaque RGBX word. */
export function colourWord([r, g, b]: Rgb): number {
  return (r | (g << 8) | (b << 16) | (255 << 24)) >>> 0;
}

export function writeSource(core: Core, at: number, picture: Picture, border?: Border): void {
  const { width, height, chroma } = picture;
  const pad = border ?? { x: 0, y: 0, width, height, colour: [0, 0, 0] as const };
  words(core, at, [
    KINDS[picture.kind],
    width,
    height,
    picture.pixels,
    picture.stride,
    chroma?.cb ?? 0,
    chroma?.cr ?? 0,
    chroma?.stride ?? 0,
    chroma?.width ?? 0,
    chroma?.height ?? 0,
    chroma?.rows ?? 0,
    pad.x,
    pad.y,
    pad.width,
    pad.height,
    colourWord(pad.colour),
  ]);
}

export interface AxisBlock {
  readonly size: number;
  readonly taps: number;
  readonly first: number;
  readonly count: number;
  readonly weights: number;
}

export function writeAxis(core: Core, at: number, axis: AxisBlock): void {
  words(core, at, [axis.size, axis.taps, axis.first, axis.count, axis.weights]);
}

export interface WorkBlock {
  readonly ring: number;
  readonly ringRows: number;
  readonly ringStride: number;
  readonly rows: number;
  readonly fetched: number;
  readonly columns: number;
  readonly narrow: number;
  readonly planes: number;
  readonly spare: number;
}

export function writeWork(core: Core, at: number, work: WorkBlock): void {
  const { ring, ringRows, ringStride, rows, fetched, columns, narrow, planes, spare } = work;
  words(core, at, [ring, ringRows, ringStride, rows, fetched, columns, narrow, planes, spare]);
}

/** Where finished rows go. */
export type SinkBlock = {
  readonly out: number;
  readonly width: number;
  readonly height: number;
} & (
  | { readonly kind: 'hwc' | 'chw' }
  | {
      readonly kind: 'tiles';
      readonly tileWidth: number;
      readonly tileHeight: number;
      readonly norm: number;
    }
  | {
      readonly kind: 'patches';
      readonly patch: number;
      readonly merge: number;
      readonly temporal: number;
      readonly norm: number;
    }
);

export function writeSink(core: Core, at: number, sink: SinkBlock): void {
  const place = [sink.out, sink.width, sink.height];
  if (sink.kind === 'tiles')
    words(core, at, [3, ...place, sink.tileWidth, sink.tileHeight, 0, sink.norm]);
  else if (sink.kind === 'patches')
    words(core, at, [4, ...place, sink.patch, sink.merge, sink.temporal, sink.norm]);
  else words(core, at, [sink.kind === 'hwc' ? 1 : 2, ...place, 0, 0, 0, 0]);
}

/**
 * All 256 values of each channel in f32, in one of three orders of operations (preprocessing.md section 3):
 * A: f32(u / 255) - mean, / std. B: (u - f32(mean * 255)) / f32(std * 255). C: as A with u * f32(1 / 255).
 */
export function normTable({ order, mean, std }: Norm): Float32Array {
  const f = Math.fround;
  const table = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c++) {
    const m = f(mean[c] ?? 0);
    const s = f(std[c] ?? 1);
    for (let u = 0; u < 256; u++) {
      const x = order === 'A' ? f(u * (1 / 255)) : f(u * f(1 / 255));
      table[c * 256 + u] = order === 'B' ? f(f(u - f(m * 255)) / f(s * 255)) : f(f(x - m) / s);
    }
  }
  return table;
}

/** The same as a formula for the vector kernels (A and B have one), and the table behind it. */
export function writeNorm(core: Core, at: number, norm: Norm): void {
  const f = Math.fround;
  const scale = norm.order === 'B' ? 255 : 1;
  const scaled = [...norm.mean, ...norm.std].map((x) => f(f(x) * scale));
  words(core, at, [norm.order === 'C' ? 1 : 0]);
  new Float32Array(core.memory.buffer, at + 4, 7).set([norm.order === 'B' ? 1 : 255, ...scaled]);
  new Float32Array(core.memory.buffer, at + 32, 3 * 256).set(normTable(norm));
}
