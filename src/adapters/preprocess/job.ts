import type { InputRecipe, PreparedInput, PreparedOutput } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import { planWork } from '../../families';
import type { Work } from '../../families/family';
import { Arena } from './arena';
import type { Picture } from './blocks';
import { reserve, type Core } from './core';
import type { Decoded } from './decode';
import { layOut, layOutRgb, type Execution, type Finished } from './execute';
import { sha256 } from './hash';
import { openPicture, placeSource } from './load';
import { encodePng } from './png';

/** Largest file that is read, in bytes. */
export const MAX_FILE_BYTES = 256 << 20;

/**
 * One picture, from file bytes to what the runner reads.
 * Failures: image-not-image, image-damaged, image-too-large, image-shape, recipe-invalid.
 */
export async function prepareInput(
  core: Core,
  file: Blob,
  recipe: InputRecipe,
): Promise<Result<Omit<PreparedInput, 'decoder'>>> {
  const begin = performance.now();
  if (file.size > MAX_FILE_BYTES)
    return fail(
      'image-too-large',
      `the file has ${Math.round(file.size / 1e6)} MB, at most ${MAX_FILE_BYTES >> 20}`,
    );
  const data = new Uint8Array(await file.arrayBuffer());
  const opened = await openPicture(data);
  if (!opened.ok) return opened;
  const { header, decoded } = opened.value;
  const fileSha256 = sha256(data);
  const computed = await compute(core, decoded, recipe);
  decoded.close();
  if (!computed.ok) return computed;
  const { work, source, rgbSha256, execution } = computed.value;
  const outputs: PreparedOutput[] = [];
  for (const finished of execution.finished) outputs.push(await collect(core, finished));
  return ok({
    recipe,
    plan: work.plan,
    source: {
      bytes: file.size,
      sha256: await fileSha256,
      type: header.type,
      width: source.width,
      height: source.height,
      rgbSha256,
    },
    outputs,
    preview: await previewOf(core, work, execution, outputs),
    core: core.kind,
    tookMs: performance.now() - begin,
  });
}

interface Computed {
  readonly work: Work;
  readonly source: Picture;
  readonly rgbSha256: string;
  readonly execution: Execution;
}

/** Plans memory, takes the pixels over, hashes them, carries out the family's steps. */
async function compute(
  core: Core,
  decoded: Decoded,
  recipe: InputRecipe,
): Promise<Result<Computed>> {
  const turned = decoded.orientation > 4;
  const width = turned ? decoded.height : decoded.width;
  const height = turned ? decoded.width : decoded.height;
  const planned = planWork(recipe, width, height);
  if (!planned.ok) return planned;
  const work = planned.value;
  const arena = new Arena(core.exports.heapBase());
  const { picture: source, load } = placeSource(core, arena, decoded, work.alpha);
  const mark = arena.mark();
  const rgb = layOutRgb(core, arena, source);
  arena.release(mark); // the hash copies its bytes; the steps may write over them
  const execution = layOut(core, arena, work, source);
  const reserved = reserve(core, arena.bytes);
  if (!reserved.ok) return reserved;
  const loaded = await load();
  if (!loaded.ok) return loaded;
  rgb.run();
  const rgbSha256 = sha256(new Uint8Array(core.memory.buffer, rgb.address, rgb.bytes));
  execution.run();
  return ok({ work, source, execution, rgbSha256: await rgbSha256 });
}

const DTYPES = {
  png: 'png',
  hwc: 'uint8',
  chw: 'uint8',
  frames: 'float32',
  patches: 'float32',
  numbers: 'int64',
} as const;

/** Copies an output out of the core's memory; a PNG is encoded, its hash is that of its pixels. */
async function collect(core: Core, { output, address, bytes }: Finished): Promise<PreparedOutput> {
  const raw = new Uint8Array(core.memory.buffer, address, bytes).slice();
  const hash = await sha256(raw);
  const [height = 0, width = 0] = output.shape;
  const data = output.layout === 'png' ? await encodePng(raw, width, height) : raw;
  return {
    name: output.name,
    dtype: DTYPES[output.layout],
    shape: output.shape,
    data,
    sha256: hash,
  };
}

/** The picture for people: the output itself where it is a PNG of it. */
async function previewOf(
  core: Core,
  work: Work,
  { pictures }: Execution,
  outputs: readonly PreparedOutput[],
): Promise<Blob> {
  const same = work.outputs.findIndex((o) => o.layout === 'png' && o.picture === work.preview);
  const ready = outputs[same]?.data;
  if (ready) return new Blob([new Uint8Array(ready)], { type: 'image/png' });
  const picture = pictures[work.preview];
  if (!picture) throw new Error(`no picture ${work.preview} to show`);
  const { width, height, pixels } = picture;
  const rgbx = new Uint8Array(core.memory.buffer, pixels, width * height * 4);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; o < rgb.length; i += 4, o += 3) {
    rgb[o] = rgbx[i]!;
    rgb[o + 1] = rgbx[i + 1]!;
    rgb[o + 2] = rgbx[i + 2]!;
  }
  return new Blob([await encodePng(rgb, width, height)], { type: 'image/png' });
}
