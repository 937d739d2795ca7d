import type { PreparedOutput } from '../../domain/prepare';
import type { Output, Step, Work } from '../../families/family';
import { encodePngStored } from './png';

/** Larger pictures are shown smaller: nobody looks at 12 megapixels of preview, and each costs 3 bytes. */
const MAX_PREVIEW_PIXELS = 4_000_000;

/** Name of the output that only the preview needs. */
export const PREVIEW = 'preview';

/** Adds what the preview needs to the work: nothing when an output already is that picture as a PNG. */
export function withPreview(work: Work): Work {
  if (pngOf(work) >= 0) return work;
  const made = work.steps[work.preview - 1];
  if (!made) throw new Error(`picture ${work.preview} is not made by any step`);
  const { width, height } = made.canvas ?? made.window ?? made;
  const scale = Math.min(1, Math.sqrt(MAX_PREVIEW_PIXELS / (width * height)));
  const side = (n: number) => Math.max(1, Math.floor(n * scale));
  const size = { width: side(width), height: side(height) };
  const smaller: Step = {
    from: work.preview,
    crop: { x: 0, y: 0, width, height },
    ...size,
    filter: 'bilinear',
    backend: 'pil',
  };
  const steps = scale < 1 ? [...work.steps, smaller] : work.steps;
  const picture = scale < 1 ? steps.length : work.preview;
  const output: Output = {
    name: PREVIEW,
    layout: 'hwc',
    picture,
    shape: [size.height, size.width, 3],
  };
  return { ...work, steps, outputs: [...work.outputs, output] };
}

/** Index of the output that is the preview. */
function pngOf(work: Work): number {
  return work.outputs.findIndex((o) => o.layout === 'png' && o.picture === work.preview);
}

/** The preview of `withPreview(work)`. `rgb`: the bytes of the added output, if one was added. */
export async function toPreview(
  work: Work,
  outputs: readonly PreparedOutput[],
  rgb: Uint8Array | undefined,
): Promise<Blob> {
  const png = outputs[pngOf(work)];
  if (png) return toBlob(png.data.slice());
  const added = work.outputs.at(-1);
  const [height = 0, width = 0] = added?.shape ?? [];
  if (added?.name !== PREVIEW || !rgb) throw new Error('the work has no preview');
  return toBlob(await encodePngStored(rgb, width, height));
}

function toBlob(bytes: Uint8Array<ArrayBuffer>): Blob {
  return new Blob([bytes], { type: 'image/png' });
}
