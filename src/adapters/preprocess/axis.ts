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
  /** The axis is x. */
  readonly columns: boolean;
}

/** A planned block and how to fill it. */
interface Planned {
  readonly address: number;
  readonly write: () => void;
}

/** Plans an axis: its block, and a task that computes and packs the weights. An axis that keeps its size is copied. */
export function placeAxis(
  core: Core,
  arena: Arena,
  request: AxisRequest,
): Planned & { readonly taps: number } {
  const { input, output, size, filter, backend } = request;
  const kept = input === output && backend !== 'f32';
  const taps = kept ? 0 : maxTaps(input, output, filter);
  const address = arena.alloc(blocks.AXIS_BYTES);
  const first = arena.alloc(size * 4);
  const count = arena.alloc(size * 4);
  const weights = arena.alloc(size * taps * 4);
  const write = () => {
    blocks.writeAxis(core, address, { size, taps, first, count, weights });
    const { buffer } = core.memory;
    if (kept) {
      new Int32Array(buffer, first, 1)[0] = request.from + request.offset;
      return;
    }
    const axis = weightsOf(request);
    new Int32Array(buffer, first, size).set(axis.first.map((n) => n + request.offset));
    new Int32Array(buffer, count, size).set(axis.count);
    if (backend === 'f32') new Float32Array(buffer, weights, size * taps).set(axis.weights);
    else {
      new Int32Array(buffer, weights, size * taps).set(axis.weights);
      core.exports.pack(address, request.columns);
    }
  };
  return { address, taps, write };
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

/** Plans the ring between the passes (rows of `rowBytes`) and four rows read from the source. */
export function placeWork(
  core: Core,
  arena: Arena,
  rowBytes: number,
  taps: number,
  sourceWidth: number,
): Planned {
  const address = arena.alloc(blocks.WORK_BYTES);
  const ringRows = taps + 4;
  const ringStride = ringStrideFor(rowBytes);
  const ring = arena.alloc((ringRows + 1) * ringStride);
  const rows = arena.alloc(Math.max(taps, 4) * 4);
  const fetched = arena.alloc(4 * (sourceWidth * 4 + 64));
  const block = { ring, ringRows, ringStride, rows, fetched };
  return { address, write: () => blocks.writeWork(core, address, block) };
}

/** A stride away from multiples of 512: rows that share cache sets cost 20 % (measured at 1008 pixels). */
function ringStrideFor(bytes: number): number {
  let stride = ((bytes + 127) >> 6) << 6;
  while ((stride & 511) !== 192) stride += 64;
  return stride;
}
