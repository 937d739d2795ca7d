import { ok } from '../domain/result';
import { family, type Output, type Step } from './family';
import { ALPHA, BACKEND, gridTiles, HALF, normOf, planOf, whole, type Size } from './shared';

/** Intermediate results are not larger than this. Source: transformers idefics3, MAX_IMAGE_SIZE. */
const MAX_EDGE = 4096;

/** SmolVLM and Idefics3: the picture in tiles, and once more as a whole. Source: transformers smolvlm, idefics3. */
export const smolvlm = family({
  title: 'SmolVLM, tiles',
  summary:
    'The picture is enlarged or shrunk, cut into square tiles, and added once more as a whole.',
  params: {
    longest_edge: {
      kind: 'number',
      label: 'Longest edge',
      min: 64,
      max: 4096,
      step: 1,
      initial: 2048,
    },
    tile: { kind: 'number', label: 'Tile size', min: 16, max: 1024, step: 1, initial: 512 },
    tokens_per_tile: {
      kind: 'number',
      label: 'Tokens per tile',
      min: 1,
      max: 4096,
      step: 1,
      initial: 64,
    },
    split: { kind: 'switch', label: 'Cut into tiles', initial: true },
    backend: BACKEND,
    alpha: ALPHA,
  },
  plan(width, height, { longest_edge, tile, tokens_per_tile, split, backend, alpha }) {
    const crop = whole(width, height);
    const first = fitLongest(width, height, longest_edge);
    const second = split ? wholeTiles(first, tile) : { width: tile, height: tile };
    const [columns, rows] = [second.width / tile, second.height / tile];
    const single = columns * rows === 1;
    const norm = normOf(HALF, HALF, backend);
    const step = (from: number, of: Size, to: Size): Step => ({
      from,
      crop: whole(of.width, of.height),
      ...to,
      filter: 'lanczos',
      backend,
    });
    const global = { width: tile, height: tile };
    const frames = [{ picture: 2, columns, rows }];
    if (!single) frames.push({ picture: 3, columns: 1, rows: 1 });
    const n = single ? 1 : columns * rows + 1;
    const outputs: Output[] = [
      { name: 'pixel_values', layout: 'frames', frames, norm, shape: [1, n, 3, tile, tile] },
      { name: 'pixel_attention_mask', layout: 'numbers', values: 1, shape: [1, n, tile, tile] },
      {
        name: 'rows_cols',
        layout: 'numbers',
        values: single ? [0, 0] : [rows, columns],
        shape: [2],
      },
    ];
    return ok({
      plan: {
        ...planOf(crop, second, n * tokens_per_tile, outputs),
        tiles: single ? [] : gridTiles(columns, rows, tile),
      },
      alpha,
      steps: [
        step(0, { width, height }, first),
        step(1, first, second),
        ...(single ? [] : [step(2, second, global)]),
      ],
      outputs,
      preview: 2,
    });
  },
});

/** The longest side becomes `longest`, the other follows, made even. Small pictures are enlarged. */
export function fitLongest(width: number, height: number, longest: number): Size {
  const ratio = width / height; // f64 division twice, as the original: exact integers give other sizes
  let [w, h] =
    width >= height
      ? [longest, Math.trunc(longest / ratio)]
      : [Math.trunc(longest * ratio), longest];
  if (width >= height) h += h % 2;
  else w += w % 2;
  w = Math.max(w, 1);
  h = Math.max(h, 1);
  const now = w / h;
  if (w >= h && w > MAX_EDGE) [w, h] = [MAX_EDGE, Math.max(Math.trunc(MAX_EDGE / now), 1)];
  else if (h > w && h > MAX_EDGE) [w, h] = [Math.max(Math.trunc(MAX_EDGE * now), 1), MAX_EDGE];
  return { width: w, height: h };
}

/** Sides rounded up to whole tiles. */
export function wholeTiles({ width, height }: Size, tile: number): Size {
  const up = (n: number) => Math.ceil(n / tile) * tile;
  const ratio = width / height;
  if (width >= height) return { width: up(width), height: up(Math.trunc(up(width) / ratio)) };
  return { width: up(Math.trunc(up(height) * ratio)), height: up(height) };
}
