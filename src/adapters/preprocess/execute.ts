import type { Output, Rgb, Step, Work } from '../../families/family';
import type { Arena } from './arena';
import { placeAxis, placeWork } from './axis';
import * as blocks from './blocks';
import type { Core } from './core';
import { placeRgbx } from './decode';

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
    // resize feeds one sink itself, row by row while they are in the cache; the others read the picture again
    const fed = step.canvas || step.backend === 'f32' ? 0 : 1;
    const later = wanted.slice(fed);
    for (const address of later) {
      const out = arena.alloc(picture.stride);
      tasks.push(placeCopy(core, arena, picture, { out, stride: 0, sink: address }));
    }
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
  const shown = step.canvas ?? { ...kept, x: 0, y: 0, colour: [0, 0, 0] as const };
  const picture = placeRgbx(arena, shown.width, shown.height);
  const mark = arena.mark();
  const { filter, backend, border, crop } = step;
  const input = border ?? crop;
  const across = placeAxis(core, arena, {
    ...{ filter, backend, input: input.width, output: step.width },
    ...{ from: kept.x, size: kept.width, offset: border ? 0 : crop.x },
  });
  const down = placeAxis(core, arena, {
    ...{ filter, backend, input: input.height, output: step.height },
    ...{ from: kept.y, size: kept.height, offset: border ? 0 : crop.y },
  });
  const source = arena.alloc(blocks.SOURCE_BYTES);
  const work = placeWork(core, arena, {
    width: kept.width,
    taps: down.taps,
    sourceWidth: border?.width ?? from.width,
    pixelBytes: backend === 'f32' ? 12 : 4,
  });
  arena.release(mark);
  const out = picture.pixels + shown.y * picture.stride + shown.x * 4;
  const task = () => {
    if (step.canvas) fill(core, picture, step.canvas.colour);
    blocks.writeSource(core, source, from, border);
    for (const block of [work, across, down]) block.write();
    const where = [
      source,
      across.address,
      down.address,
      work.address,
      out,
      picture.stride,
    ] as const;
    if (backend === 'f32') core.exports.resizeFloat(...where);
    else core.exports.resize(...where, step.canvas ? 0 : sink);
  };
  return { picture, task };
}

function fill(core: Core, { pixels, width, height }: blocks.Picture, colour: Rgb): void {
  new Uint32Array(core.memory.buffer, pixels, width * height).fill(blocks.colourWord(colour));
}

/** Plans a pass without filtering. Stride 0: the rows only pass through `out` on their way to the sink. */
function placeCopy(
  core: Core,
  arena: Arena,
  picture: blocks.Picture,
  to: { readonly out: number; readonly stride: number; readonly sink: number },
): () => void {
  const source = arena.alloc(blocks.SOURCE_BYTES);
  const work = placeWork(core, arena, {
    ...{ width: 0, taps: 0, pixelBytes: 4 },
    sourceWidth: picture.width,
  });
  const { width, height } = picture;
  return () => {
    blocks.writeSource(core, source, picture);
    work.write();
    core.exports.copyRows(source, 0, 0, width, height, work.address, to.out, to.stride, to.sink);
  };
}

/** Packs a picture's RGB for its hash: plans a block and says how to fill it. */
export function layOutRgb(
  core: Core,
  arena: Arena,
  picture: blocks.Picture,
): { address: number; bytes: number; run: () => void } {
  const { width, height } = picture;
  const address = arena.alloc(width * height * 3);
  const scratch = arena.alloc(width * 4);
  const sink = arena.alloc(blocks.SINK_BYTES);
  const copy = placeCopy(core, arena, picture, { out: scratch, stride: 0, sink });
  const run = () => {
    blocks.writeSink(core, sink, { kind: 'hwc', out: address, width, height });
    copy();
  };
  return { address, bytes: width * height * 3, run };
}

/** Plans an RGBX copy of a picture. */
export function layOutRgbx(
  core: Core,
  arena: Arena,
  from: blocks.Picture,
): { picture: blocks.Picture; run: () => void } {
  const { width, height } = from;
  const picture = placeRgbx(arena, width, height);
  const { pixels, stride } = picture;
  return { picture, run: placeCopy(core, arena, from, { out: pixels, stride, sink: 0 }) };
}
