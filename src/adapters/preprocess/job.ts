import type { InputRecipe, PreparedInput, PreparedOutput } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import { planWork } from '../../families';
import type { Work } from '../../families/family';
import { Arena } from './arena';
import type { Picture } from './blocks';
import { reserve, type Core } from './core';
import { viewOf, type Decoded } from './decode';
import { layOut, layOutRgb, type Execution, type Finished } from './execute';
import { sha256 } from './hash';
import { openPicture, placeSource } from './load';
import { encodePng } from './png';
import { PREVIEW, toPreview, withPreview } from './preview';

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
  if (!computed.ok) return computed;
  const { work, source, rgbSha256, execution } = computed.value;
  const outputs: PreparedOutput[] = [];
  let rgb: Uint8Array | undefined;
  for (const finished of execution.finished)
    if (finished.output.name === PREVIEW) rgb = copyOut(core, finished);
    else outputs.push(await collect(core, finished));
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
    preview: await toPreview(work, outputs, rgb),
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

/** Plans memory, takes the pixels over (and closes them), hashes them, carries out the family's steps. */
async function compute(
  core: Core,
  decoded: Decoded,
  recipe: InputRecipe,
): Promise<Result<Computed>> {
  const prepared = await takeOver(core, decoded, recipe);
  decoded.close(); // before the large blocks are touched: the pixels are ours now
  if (!prepared.ok) return prepared;
  const { work, source, execution, rgb } = prepared.value;
  rgb.run();
  const rgbSha256 = sha256(viewOf(core, rgb.address, rgb.bytes));
  execution.run();
  return ok({ work, source, execution, rgbSha256: await rgbSha256 });
}

async function takeOver(core: Core, decoded: Decoded, recipe: InputRecipe) {
  const turned = decoded.orientation > 4;
  const width = turned ? decoded.height : decoded.width;
  const height = turned ? decoded.width : decoded.height;
  const planned = planWork(recipe, width, height);
  if (!planned.ok) return planned;
  const work = withPreview(planned.value);
  const arena = new Arena(core.exports.heapBase());
  const { picture: source, load } = placeSource(core, arena, decoded, work.alpha);
  const mark = arena.mark();
  const rgb = layOutRgb(core, arena, source);
  arena.release(mark); // the hash copies its bytes; the steps may write over them
  const execution = layOut(core, arena, work, source);
  const reserved = reserve(core, arena.bytes);
  if (!reserved.ok) return reserved;
  const loaded = await load();
  return loaded.ok ? ok({ work, source, execution, rgb }) : loaded;
}

const DTYPES = {
  png: 'png',
  hwc: 'uint8',
  chw: 'uint8',
  frames: 'float32',
  patches: 'float32',
  numbers: 'int64',
} as const;

function copyOut(core: Core, { address, bytes }: Finished): Uint8Array<ArrayBuffer> {
  return viewOf(core, address, bytes).slice();
}

/** An output as it leaves; a PNG is encoded, its hash is that of its pixels. */
async function collect(core: Core, finished: Finished): Promise<PreparedOutput> {
  const { output } = finished;
  const raw = copyOut(core, finished);
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
