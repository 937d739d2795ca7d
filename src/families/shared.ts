import type { InputPlan, Rect } from '../domain/prepare';
import type { Output, Param } from './family';

/** Longest side that a picture or an intermediate result may have, in pixels. */
export const MAX_SIDE = 32_768;

/** What the worker does with transparency. "drop" is what the Hugging Face loading path does. */
export const ALPHA = {
  kind: 'choice',
  label: 'Transparency',
  options: ['drop', 'white'],
  initial: 'drop',
} as const satisfies Param;

/** The whole of a picture. */
export function whole(width: number, height: number): Rect {
  return { x: 0, y: 0, width, height };
}

/** The largest square in the middle, odd rest to the right and below. */
export function centreSquare(width: number, height: number): Rect {
  const side = Math.min(width, height);
  return { x: (width - side) >> 1, y: (height - side) >> 1, width: side, height: side };
}

const ITEM_BYTES: Record<Output['layout'], number> = {
  png: 1,
  hwc: 1,
  chw: 1,
  frames: 4,
  patches: 4,
  numbers: 8,
};

/** Bytes of an output before compression. */
export function outputBytes(output: Output): number {
  return output.shape.reduce((product, n) => product * n, ITEM_BYTES[output.layout]);
}

/** The plan of a family whose model sees one picture without tiles. */
export function planOf(
  crop: Rect,
  size: { readonly width: number; readonly height: number },
  imageTokens: number | undefined,
  outputs: readonly Output[],
): InputPlan {
  return {
    crop,
    width: size.width,
    height: size.height,
    imageTokens,
    bytes: outputs.reduce((sum, output) => sum + outputBytes(output), 0),
    tiles: [],
  };
}
