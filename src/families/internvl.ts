import { ok } from '../domain/result';
import { family, type Output, type Step } from './family';
import { ALPHA, BACKEND, gridTiles, IMAGENET, normOf, planOf, whole } from './shared';

/** Tokens that one frame takes after pixel shuffle. */
const TOKENS_PER_FRAME = 256;

/** InternVL3: stretched to the grid of tiles whose shape fits best, and a thumbnail. Source: transformers got_ocr2, internvl. */
export const internvl = family({
  title: 'InternVL3, tiles',
  summary:
    'Stretched to a grid of square tiles of the most similar shape, plus the whole as a thumbnail.',
  params: {
    max_patches: { kind: 'number', label: 'At most tiles', min: 1, max: 40, step: 1, initial: 12 },
    min_patches: { kind: 'number', label: 'At least tiles', min: 1, max: 40, step: 1, initial: 1 },
    tile: { kind: 'number', label: 'Tile size', min: 16, max: 1024, step: 1, initial: 448 },
    backend: BACKEND,
    alpha: ALPHA,
  },
  plan(width, height, { tile, min_patches, max_patches, backend, alpha }) {
    const crop = whole(width, height);
    const [columns, rows] = bestGrid(width, height, tile, min_patches, max_patches);
    const size = { width: columns * tile, height: rows * tile };
    const step: Step = { from: 0, crop, ...size, filter: 'bicubic', backend };
    const many = columns * rows > 1;
    const n = columns * rows + (many ? 1 : 0);
    const frames = [{ picture: 1, columns, rows }];
    if (many) frames.push({ picture: 2, columns: 1, rows: 1 });
    const norm = normOf(IMAGENET.mean, IMAGENET.std, backend);
    const outputs: Output[] = [
      { name: 'pixel_values', layout: 'frames', frames, norm, shape: [n, 3, tile, tile] },
      { name: 'cols_rows', layout: 'numbers', values: [columns, rows], shape: [2] },
    ];
    return ok({
      plan: {
        ...planOf(crop, size, n * TOKENS_PER_FRAME, outputs),
        tiles: many ? gridTiles(columns, rows, tile) : [],
      },
      alpha,
      steps: many ? [step, { ...step, width: tile, height: tile }] : [step],
      outputs,
      preview: 1,
    });
  },
});

/** Grids in the order of the original; on an exact tie the larger wins if the picture has more than half its pixels. */
export function bestGrid(
  width: number,
  height: number,
  tile: number,
  least: number,
  most: number,
): readonly [number, number] {
  const ratio = width / height;
  let best: readonly [number, number] = [1, 1];
  let difference = Infinity;
  for (const [columns, rows] of grids(least, most)) {
    const now = Math.abs(ratio - columns / rows);
    const larger = width * height > 0.5 * tile * tile * columns * rows;
    if (now < difference || (now === difference && larger)) {
      difference = now;
      best = [columns, rows];
    }
  }
  return best;
}

/** [columns, rows] with least <= columns * rows <= most, ordered by area, then columns. */
function grids(least: number, most: number): (readonly [number, number])[] {
  const all: (readonly [number, number])[] = [];
  for (let columns = 1; columns <= most; columns++)
    for (let rows = 1; columns * rows <= most; rows++)
      if (columns * rows >= least) all.push([columns, rows]);
  return all.sort((a, b) => a[0] * a[1] - b[0] * b[1] || a[0] - b[0] || a[1] - b[1]);
}
