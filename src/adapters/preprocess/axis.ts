import type { Backend, Filter } from '../../families/family';
import type { Arena } from './arena';
import * as blocks from './blocks';
import {
  coefficients,
  floatCoefficients,
  largestWeight,
  maxTaps,
  toPillowWeights,
  toTorchWeights,
  WEIGHT_BITS,
} from './coefficients';
import type { Core } from './core';

/** Results `from` .. `from + size - 1` of an axis that goes from `input` to `output` samples. */
export interface AxisRequest {
  readonly input: number;
  readonly output: number;
  readonly from: number;
  readonly size: number;
  /** Sample of the source where the input begins. */
  readonly offset: number;
  readonly filter: Filter;
  readonly backend: Backend;
}

/** A planned block and how to fill it. */
interface Planned {
  readonly address: number;
  readonly write: () => void;
}

/** Plans an axis: its block, and a task that computes and packs the weights. */
export function placeAxis(
  core: Core,
  arena: Arena,
  request: AxisRequest,
): Planned & { readonly taps: number } {
  const { input, output, size, filter, backend } = request;
  const taps = input === output ? 2 : maxTaps(input, output, filter);
  const address = arena.alloc(blocks.AXIS_BYTES);
  const first = arena.alloc(size * 4);
  const count = arena.alloc(size * 4);
  const weights = arena.alloc(size * taps * 4);
  const write = () => {
    const axis = input === output ? keep(request) : weightsOf(request);
    const { buffer } = core.memory;
    blocks.writeAxis(core, address, { size, taps, first, count, weights });
    const firsts = new Int32Array(buffer, first, size);
    for (let i = 0; i < size; i++) firsts[i] = axis.first[i]! + request.offset;
    new Int32Array(buffer, count, size).set(axis.count);
    if (backend === 'f32') new Float32Array(buffer, weights, size * taps).set(axis.weights);
    else {
      new Int32Array(buffer, weights, size * taps).set(axis.weights);
      core.exports.pack(address);
    }
  };
  return { address, taps, write };
}

/** An axis that keeps its size: every sample with the weight 1. */
function keep({ from, size, backend }: AxisRequest) {
  const one = backend === 'f32' ? 1 : 2 ** WEIGHT_BITS;
  return {
    first: Int32Array.from({ length: size }, (_, i) => from + i),
    count: new Int32Array(size).fill(1),
    weights: Int32Array.from({ length: size * 2 }, (_, i) => (i % 2 === 0 ? one : 0)),
  };
}

function weightsOf({ input, output, filter, backend, from, size }: AxisRequest): {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array | Float64Array;
} {
  if (backend === 'f32') return floatCoefficients(input, output, from, size);
  const axis = coefficients(input, output, filter, from, size);
  const weights =
    backend === 'tv'
      ? toTorchWeights(axis.weights, largestWeight(input, output, filter))
      : toPillowWeights(axis.weights);
  return { ...axis, weights };
}

/**
 * Plans what `resize` works with: rows of `width` results, `taps` vertical weights, source rows of `sourceWidth` pixels.
 * `pixelBytes`: bytes per pixel in the ring.
 */
export function placeWork(
  core: Core,
  arena: Arena,
  { width, taps, sourceWidth, pixelBytes }: WorkRequest,
): Planned {
  const wide = (width + 15) & ~15;
  const address = arena.alloc(blocks.WORK_BYTES);
  const ringRows = taps + 16;
  const ringStride = ringStrideFor(wide * pixelBytes);
  const block = {
    ring: arena.alloc(ringRows * ringStride),
    ringRows,
    ringStride,
    rows: arena.alloc(taps * 4),
    fetched: arena.alloc(8 * (sourceWidth * 4 + 64)),
    columns: arena.alloc((sourceWidth + 8) * 48),
    narrow: arena.alloc(wide * 48),
    planes: arena.alloc(wide * 3),
    spare: arena.alloc(wide * 4),
  };
  return { address, write: () => blocks.writeWork(core, address, block) };
}

export interface WorkRequest {
  readonly width: number;
  readonly taps: number;
  readonly sourceWidth: number;
  readonly pixelBytes: 4 | 12;
}

/** A stride away from multiples of 512: rows that share cache sets cost 20 % (measured at 1008 pixels). */
function ringStrideFor(bytes: number): number {
  let stride = ((bytes + 127) >> 6) << 6;
  while ((stride & 511) !== 192) stride += 64;
  return stride;
}
