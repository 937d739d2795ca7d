import { ok } from '../domain/result';
import { family, type Canvas, type Family, type Output } from './family';
import { toRgb } from './params';
import { ALPHA, BACKEND, normOf, planOf, whole } from './shared';

interface Defaults {
  readonly title: string;
  readonly summary: string;
  readonly size: number;
  readonly mean: string;
  readonly std: string;
  readonly tokens: number;
  /** "r,g,b" or "none". */
  readonly padColour: string;
}

/** Shortest edge to `size`, the middle square kept; with a pad colour first made square. Source: transformers clip, llava. */
export function cropSquare(defaults: Defaults): Family {
  return family({
    title: defaults.title,
    summary: defaults.summary,
    params: {
      size: { kind: 'number', label: 'Size', min: 8, max: 4096, step: 1, initial: defaults.size },
      filter: {
        kind: 'choice',
        label: 'Filter',
        options: ['bilinear', 'bicubic', 'lanczos'],
        initial: 'bicubic',
      },
      mean: { kind: 'rgb', label: 'Mean', initial: defaults.mean },
      std: { kind: 'rgb', label: 'Deviation', initial: defaults.std },
      tokens: {
        kind: 'number',
        label: 'Image tokens',
        min: 1,
        max: 65_536,
        step: 1,
        initial: defaults.tokens,
      },
      pad_color: {
        kind: 'rgb',
        label: 'Made square with',
        initial: defaults.padColour,
        none: true,
      },
      backend: BACKEND,
      alpha: ALPHA,
    },
    plan(width, height, { size, filter, mean, std, tokens, pad_color, backend, alpha }) {
      const crop = whole(width, height);
      const border = squareBorder(width, height, pad_color);
      const { width: w, height: h } = border ?? crop;
      const resized =
        w <= h
          ? { width: size, height: Math.trunc((size * h) / w) }
          : { width: Math.trunc((size * w) / h), height: size };
      const window = {
        x: (resized.width - size) >> 1,
        y: (resized.height - size) >> 1,
        width: size,
        height: size,
      };
      const norm = normOf(mean, std, backend);
      const frames = [{ picture: 1, columns: 1, rows: 1 }];
      const outputs: Output[] = [
        { name: 'pixel_values', layout: 'frames', frames, norm, shape: [1, 3, size, size] },
      ];
      return ok({
        plan: planOf(
          border ? crop : seen(window, resized, crop),
          { width: size, height: size },
          tokens,
          outputs,
        ),
        alpha,
        steps: [{ from: 0, crop, ...(border && { border }), ...resized, window, filter, backend }],
        outputs,
        preview: 1,
      });
    },
  });
}

/** The square that a picture is centred on, odd rest to the right and below. */
function squareBorder(width: number, height: number, colour: string): Canvas | undefined {
  const rgb = toRgb(colour);
  if (!rgb) return undefined;
  const side = Math.max(width, height);
  return {
    width: side,
    height: side,
    x: (side - width) >> 1,
    y: (side - height) >> 1,
    colour: rgb,
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The window in source pixels, rounded outwards. */
function seen(window: Box, resized: { width: number; height: number }, crop: Box): Box {
  const [sx, sy] = [crop.width / resized.width, crop.height / resized.height];
  const [x, y] = [Math.floor(window.x * sx), Math.floor(window.y * sy)];
  return {
    x,
    y,
    width: Math.min(Math.ceil((window.x + window.width) * sx), crop.width) - x,
    height: Math.min(Math.ceil((window.y + window.height) * sy), crop.height) - y,
  };
}
