import { ok } from '../domain/result';
import { family, type Output } from './family';
import { toRgb } from './params';
import { ALPHA, planOf, whole, type Size } from './shared';

/**
 * What llama.cpp's own preparation makes of a picture on the device: the size by its rule, the picture letterboxed into it.
 * To compare with, and to know the token count before a run. Source: ggml-org/llama.cpp tools/mtmd/mtmd-image.cpp.
 */
export const llamacpp = family({
  title: 'llama.cpp, on the device',
  summary: 'What llama.cpp itself makes of a picture: for comparison and token counts.',
  params: {
    rule: { kind: 'choice', label: 'Size', options: ['dyn', 'fixed'], initial: 'dyn' },
    align: {
      kind: 'number',
      label: 'Sides are multiples of',
      min: 1,
      max: 64,
      step: 1,
      initial: 28,
    },
    min_pixels: {
      kind: 'number',
      label: 'At least pixels',
      min: 0,
      max: 16_777_216,
      step: 1,
      initial: 6272,
    },
    max_pixels: {
      kind: 'number',
      label: 'At most pixels',
      min: 784,
      max: 16_777_216,
      step: 1,
      initial: 3_211_264,
    },
    size: { kind: 'number', label: 'Fixed size', min: 8, max: 4096, step: 1, initial: 336 },
    tokens: {
      kind: 'number',
      label: 'Tokens at the fixed size',
      min: 1,
      max: 65_536,
      step: 1,
      initial: 576,
    },
    pad_color: { kind: 'rgb', label: 'Bars', initial: '0,0,0' },
    alpha: ALPHA,
  },
  plan(width, height, values) {
    const fixed = values.rule === 'fixed';
    const target = fixed
      ? { width: values.size, height: values.size }
      : dynamicSize(width, height, values.align, values.min_pixels, values.max_pixels);
    const content = letterbox({ width, height }, target);
    const canvas = {
      ...target,
      x: content.x,
      y: content.y,
      colour: toRgb(values.pad_color) ?? ([0, 0, 0] as const),
    };
    const outputs: Output[] = [
      { name: 'pixels', layout: 'hwc', picture: 1, shape: [target.height, target.width, 3] },
    ];
    const tokens = fixed
      ? values.tokens
      : (target.width / values.align) * (target.height / values.align);
    const crop = whole(width, height);
    return ok({
      plan: planOf(crop, target, tokens, outputs),
      alpha: values.alpha,
      steps: [
        {
          from: 0,
          crop,
          width: content.width,
          height: content.height,
          canvas,
          filter: 'bicubic',
          backend: 'pil',
        },
      ],
      outputs,
      preview: 1,
    });
  },
});

const f = Math.fround;

/** calc_size_preserved_ratio: f32 arithmetic, half away from zero, at least one unit. */
export function dynamicSize(
  width: number,
  height: number,
  align: number,
  min: number,
  max: number,
): Size {
  const by = (round: (x: number) => number, x: number) => round(f(f(x) / align)) * align;
  const half = (x: number) => Math.floor(x + 0.5);
  const first = (n: number) => Math.max(align, by(half, n));
  const area = f(width * height);
  if (first(width) * first(height) > max) {
    const beta = f(Math.sqrt(f(area / f(max))));
    const side = (n: number) => Math.max(align, by(Math.floor, f(n / beta)));
    return { width: side(width), height: side(height) };
  }
  if (first(width) * first(height) < min) {
    const beta = f(Math.sqrt(f(f(min) / area)));
    const side = (n: number) => by(Math.ceil, f(n * beta));
    return { width: side(width), height: side(height) };
  }
  return { width: first(width), height: first(height) };
}

/** Where the picture lies on the canvas, scaled to fit, in f32. */
export function letterbox(
  size: Size,
  target: Size,
): Size & { readonly x: number; readonly y: number } {
  const scale = Math.min(f(target.width / size.width), f(target.height / size.height));
  const side = (n: number, most: number) => Math.min(Math.ceil(f(f(n) * scale)), most);
  const [width, height] = [side(size.width, target.width), side(size.height, target.height)];
  return { width, height, x: (target.width - width) >> 1, y: (target.height - height) >> 1 };
}
