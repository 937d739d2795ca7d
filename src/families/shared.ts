import type { InputPlan, Rect } from '../domain/prepare';
import { type Backend, type Norm, type Output, type Param } from './family';
import { toRgb } from './params';

/** What the worker does with transparency. "drop" is what the Hugging Face loading path does. */
export const ALPHA = {
  kind: 'choice',
  label: 'Transparency',
  options: ['drop', 'white'],
  initial: 'drop',
} as const satisfies Param;

/** Whose arithmetic: Pillow's or torchvision's. transformers 5 uses torchvision where it is installed. */
export const BACKEND = {
  kind: 'choice',
  label: 'Arithmetic',
  options: ['pil', 'tv'],
  initial: 'pil',
} as const satisfies Param;

/** Means and deviations in use (preprocessing.md section 3). */
export const CLIP = {
  mean: '0.48145466,0.4578275,0.40821073',
  std: '0.26862954,0.26130258,0.27577711',
} as const;
export const IMAGENET = { mean: '0.485,0.456,0.406', std: '0.229,0.224,0.225' } as const;
export const HALF = '0.5,0.5,0.5';

/** Pillow's path normalises in order A, torchvision's in order B. Checked texts in, so both are there. */
export function normOf(mean: string, std: string, backend: Backend): Norm {
  const [m, s] = [toRgb(mean), toRgb(std)];
  if (!m || !s) throw new Error('mean and std must be checked before planning');
  return { order: backend === 'tv' ? 'B' : 'A', mean: m, std: s };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Rounds half to even, as Python's round. */
export function roundEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Outlines of tiles in raster order. */
export function gridTiles(columns: number, rows: number, tile: number): Rect[] {
  return Array.from({ length: columns * rows }, (_, i) => ({
    x: (i % columns) * tile,
    y: Math.floor(i / columns) * tile,
    width: tile,
    height: tile,
  }));
}

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
  size: Size,
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
