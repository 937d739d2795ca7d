import type { Output, Step, Work } from '../../families/family';
import type { Arena } from './arena';
import * as blocks from './blocks';
import { coefficients, maxTaps, toPillowWeights, toTorchWeights } from './coefficients';
import type { Core } from './core';

/** A finished output in the core's memory. A PNG is here as its RGB bytes. */
export interface Finished {
  readonly output: Output;
  readonly address: number;
  readonly bytes: number;
}

export interface Execution {
  /** Pictures by number; 0 is the source. */
  readonly pictures: readonly blocks.Picture[];
  readonly finished: readonly Finished[];
  /** Does the work. The memory must be reserved before. */
  readonly run: () => void;
}

/**
 * Lays out everything that `work` needs behind what is already in the arena. Nothing is touched before `run`.
 * `source`: picture 0.
 */
export function layOut(core: Core, arena: Arena, work: Work, source: blocks.Picture): Execution {
  const pictures: blocks.Picture[] = [source];
  const tasks: (() => void)[] = [];
  const sinks: Sinks = new Map();
  const finished = work.outputs.map((output) =>
    placeOutput(core, arena, output, work, sinks, tasks),
  );
  work.steps.forEach((step, index) => {
    const from = pictures[step.from];
    if (!from)
      throw new Error(`step ${index} reads picture ${step.from}, which does not exist yet`);
    const wanted = sinks.get(index + 1) ?? [];
    const { picture, task } = placeStep(core, arena, step, from, wanted[0] ?? 0);
    pictures.push(picture);
    tasks.push(task);
    const later = step.canvas ? wanted : wanted.slice(1);
    for (const address of later) tasks.push(placeCopy(core, arena, picture, address));
  });
  return { pictures, finished, run: () => tasks.forEach((task) => task()) };
}

/** Sink blocks by the picture that feeds them. */
type Sinks = Map<number, number[]>;

/** Size of picture `index` as the work describes it. */
function sizeOf(work: Work, index: number): { width: number; height: number } {
  const step = work.steps[index - 1];
  if (!step) throw new Error(`picture ${index} is not made by any step`);
  return step.canvas ?? step.window ?? step;
}

function placeOutput(
  core: Core,
  arena: Arena,
  output: Output,
  work: Work,
  sinks: Sinks,
  tasks: (() => void)[],
): Finished {
  const item =
    output.layout === 'numbers'
      ? 8
      : output.layout === 'frames' || output.layout === 'patches'
        ? 4
        : 1;
  const bytes = output.shape.reduce((product, n) => product * n, item);
  const address = arena.alloc(bytes);
  const add = (picture: number, block: blocks.SinkBlock) => {
    const at = arena.alloc(blocks.SINK_BYTES);
    tasks.push(() => blocks.writeSink(core, at, block));
    sinks.set(picture, [...(sinks.get(picture) ?? []), at]);
  };
  const norm = 'norm' in output ? arena.alloc(blocks.NORM_BYTES) : 0;
  if ('norm' in output) tasks.push(() => blocks.writeNorm(core, norm, output.norm));
  switch (output.layout) {
    case 'png':
    case 'hwc':
    case 'chw':
      add(output.picture, {
        kind: output.layout === 'chw' ? 'chw' : 'hwc',
        out: address,
        ...sizeOf(work, output.picture),
      });
      break;
    case 'patches':
      add(output.picture, {
        ...output,
        kind: 'patches',
        out: address,
        norm,
        ...sizeOf(work, output.picture),
      });
      break;
    case 'frames': {
      let out = address;
      for (const { picture, columns, rows } of output.frames) {
        const size = sizeOf(work, picture);
        add(picture, {
          kind: 'tiles',
          out,
          ...size,
          tileWidth: size.width / columns,
          tileHeight: size.height / rows,
          norm,
        });
        out += size.width * size.height * 3 * 4;
      }
      break;
    }
    case 'numbers':
      tasks.push(() => {
        const view = new BigInt64Array(core.memory.buffer, address, bytes / 8);
        if (typeof output.values === 'number') view.fill(BigInt(output.values));
        else view.set(output.values.map(BigInt));
      });
  }
  return { output, address, bytes };
}

/** Plans one resize. `sink` 0: the picture only. */
function placeStep(
  core: Core,
  arena: Arena,
  step: Step,
  from: blocks.Picture,
  sink: number,
): { picture: blocks.Picture; task: () => void } {
  const kept = step.window ?? { x: 0, y: 0, width: step.width, height: step.height };
  const shown = step.canvas ?? { ...kept, x: 0, y: 0 };
  const pixels = arena.alloc(shown.width * shown.height * 4);
  const stride = shown.width * 4;
  const picture: blocks.Picture = {
    kind: 'rgbx',
    width: shown.width,
    height: shown.height,
    pixels,
    stride,
  };
  const mark = arena.mark();
  const input = step.border ?? step.crop;
  const across = placeAxis(
    core,
    arena,
    step,
    input.width,
    step.width,
    kept.x,
    kept.width,
    step.border ? 0 : step.crop.x,
    true,
  );
  const down = placeAxis(
    core,
    arena,
    step,
    input.height,
    step.height,
    kept.y,
    kept.height,
    step.border ? 0 : step.crop.y,
    false,
  );
  const source = arena.alloc(blocks.SOURCE_BYTES);
  const work = placeWork(core, arena, kept.width, down.taps, step.border?.width ?? from.width);
  arena.release(mark);
  const task = () => {
    if (step.canvas)
      new Uint32Array(core.memory.buffer, pixels, shown.width * shown.height).fill(
        blocks.colourWord(step.canvas.colour),
      );
    blocks.writeSource(core, source, from, step.border);
    work.write();
    across.write();
    down.write();
    const out = pixels + shown.y * stride + shown.x * 4;
    core.exports.resize(
      source,
      across.address,
      down.address,
      work.address,
      out,
      stride,
      step.canvas ? 0 : sink,
    );
  };
  return { picture, task };
}

/** Plans an axis: its block, and a task that computes and packs the weights. */
function placeAxis(
  core: Core,
  arena: Arena,
  step: Step,
  input: number,
  output: number,
  from: number,
  size: number,
  offset: number,
  columns: boolean,
): { address: number; taps: number; write: () => void } {
  const taps = input === output ? 0 : maxTaps(input, output, step.filter);
  const address = arena.alloc(blocks.AXIS_BYTES);
  const first = arena.alloc(size * 4);
  const count = arena.alloc(size * 4);
  const weights = arena.alloc(size * taps * 4);
  const write = () => {
    blocks.writeAxis(core, address, { size, taps, first, count, weights });
    if (taps === 0) {
      new Int32Array(core.memory.buffer, first, 1)[0] = from + offset;
      return;
    }
    const axis = coefficients(input, output, step.filter, from, size);
    const fixed =
      step.backend === 'tv'
        ? toTorchWeights(
            axis.weights,
            size === output ? axis.weights : coefficients(input, output, step.filter).weights,
          )
        : toPillowWeights(axis.weights);
    new Int32Array(core.memory.buffer, first, size).set(axis.first.map((n) => n + offset));
    new Int32Array(core.memory.buffer, count, size).set(axis.count);
    new Int32Array(core.memory.buffer, weights, size * taps).set(fixed);
    core.exports.pack(address, columns);
  };
  return { address, taps, write };
}

/** Plans the ring between the passes and the rows read from the source. */
function placeWork(core: Core, arena: Arena, width: number, taps: number, sourceWidth: number) {
  const address = arena.alloc(blocks.WORK_BYTES);
  const ringRows = taps + 4;
  const ringStride = ringStrideFor(width * 4);
  const ring = arena.alloc((ringRows + 1) * ringStride);
  const rows = arena.alloc(Math.max(taps, 4) * 4);
  const fetched = arena.alloc(4 * (sourceWidth * 4 + 64));
  return {
    address,
    write: () => blocks.writeWork(core, address, { ring, ringRows, ringStride, rows, fetched }),
  };
}

/** A stride away from multiples of 512: rows that share cache sets cost 20 % (measured at 1008 pixels). */
function ringStrideFor(bytes: number): number {
  let stride = ((bytes + 127) >> 6) << 6;
  while ((stride & 511) !== 192) stride += 64;
  return stride;
}

/** Plans a pass that only feeds a sink. */
function placeCopy(core: Core, arena: Arena, picture: blocks.Picture, sink: number): () => void {
  const source = arena.alloc(blocks.SOURCE_BYTES);
  const work = placeWork(core, arena, picture.width, 0, picture.width);
  return () => {
    blocks.writeSource(core, source, picture);
    work.write();
    // the picture is written onto itself
    core.exports.copyRows(
      source,
      0,
      0,
      picture.width,
      picture.height,
      work.address,
      picture.pixels,
      picture.stride,
      sink,
    );
  };
}

/** Packs a picture's oriented RGB for its hash: adds a block and says how to fill it. */
export function layOutRgb(
  core: Core,
  arena: Arena,
  picture: blocks.Picture,
): { address: number; bytes: number; run: () => void } {
  const bytes = picture.width * picture.height * 3;
  const address = arena.alloc(bytes);
  const scratch = arena.alloc(picture.width * 4 + 64);
  const sink = arena.alloc(blocks.SINK_BYTES);
  const source = arena.alloc(blocks.SOURCE_BYTES);
  const work = placeWork(core, arena, picture.width, 0, picture.width);
  const run = () => {
    blocks.writeSink(core, sink, {
      kind: 'hwc',
      out: address,
      width: picture.width,
      height: picture.height,
    });
    blocks.writeSource(core, source, picture);
    work.write();
    core.exports.copyRows(
      source,
      0,
      0,
      picture.width,
      picture.height,
      work.address,
      scratch,
      0,
      sink,
    );
  };
  return { address, bytes, run };
}
