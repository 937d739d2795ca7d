import { Arena } from '../../src/adapters/preprocess/arena';
import type { Picture } from '../../src/adapters/preprocess/blocks';
import { reserve, type Core } from '../../src/adapters/preprocess/core';
import { layOut } from '../../src/adapters/preprocess/execute';
import { openPicture, placeSource } from '../../src/adapters/preprocess/load';
import { planWork } from '../../src/families';
import type { Work } from '../../src/families/family';
import { HEIGHT, QWEN, WIDTH } from './picture';

// The app's own code, without the hashes and the preview that `prepareInput` adds. Copies in and out are part of the time.

type PartOfWork = Pick<Work, 'steps' | 'outputs'>;

function resizeWork(width: number, height: number): PartOfWork {
  const crop = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  return {
    steps: [{ from: 0, crop, width, height, filter: 'bicubic', backend: 'pil' }],
    outputs: [{ name: 'rgb', layout: 'hwc', picture: 1, shape: [height, width, 3] }],
  };
}

/** RGBA to packed RGB of another size, by Pillow's rules. */
export function resize(
  core: Core,
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
): Uint8Array {
  return fromRgba(core, rgba, resizeWork(width, height));
}

const QWEN_RECIPE = { family: 'qwen2.5-vl', params: { max_pixels: QWEN.maxPixels } } as const;

function qwenWork(): Work {
  const work = planWork(QWEN_RECIPE, WIDTH, HEIGHT);
  if (!work.ok) throw new Error(work.failure.detail);
  return work.value;
}

/** RGBA to Qwen's pixel_values. */
export function tensor(core: Core, rgba: Uint8ClampedArray): Uint8Array {
  return fromRgba(core, rgba, qwenWork());
}

/** A resize planned once, its pixels already where the core reads them: what the app has after decoding. */
export function placed(
  core: Core,
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
): () => Uint8Array {
  const { load, run } = plan(core, resizeWork(width, height));
  load(rgba);
  return run;
}

function fromRgba(core: Core, rgba: Uint8ClampedArray, work: PartOfWork): Uint8Array {
  const { load, run } = plan(core, work);
  load(rgba);
  return run();
}

function plan(core: Core, work: PartOfWork) {
  const arena = new Arena(core.exports.heapBase());
  const pixels = arena.alloc(WIDTH * HEIGHT * 4);
  const source: Picture = { kind: 'rgbx', width: WIDTH, height: HEIGHT, pixels, stride: WIDTH * 4 };
  const execution = layOut(core, arena, work as Work, source);
  must(reserve(core, arena.bytes));
  return {
    load: (rgba: Uint8ClampedArray) =>
      new Uint8Array(core.memory.buffer, pixels, rgba.length).set(rgba),
    run: () => {
      execution.run();
      return firstOutput(core, execution.finished[0]);
    },
  };
}

/** A picture file to Qwen's pixel_values. */
export async function fileToTensor(core: Core, file: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { decoded } = must(await openPicture(file));
  const arena = new Arena(core.exports.heapBase());
  const { picture, load } = placeSource(core, arena, decoded, 'drop');
  const execution = layOut(core, arena, qwenWork(), picture);
  must(reserve(core, arena.bytes));
  must(await load());
  decoded.close();
  execution.run();
  return firstOutput(core, execution.finished[0]);
}

function firstOutput(
  core: Core,
  finished: { address: number; bytes: number } | undefined,
): Uint8Array {
  if (!finished) throw new Error('there is no output');
  return new Uint8Array(core.memory.buffer, finished.address, finished.bytes).slice();
}

function must<T>(result: { ok: true; value: T } | { ok: false; failure: { detail?: string } }): T {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}
