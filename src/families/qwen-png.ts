import { ok } from '../domain/result';
import { family, type Output } from './family';
import { ALPHA, planOf, whole } from './shared';
import { smartResize } from './qwen';

/**
 * A PNG whose sides are multiples of what the model wants. llama.cpp and OmniInfer-VLM copy such a picture instead of
 * resizing it (preprocessing.md section 7), so the device computes on exactly these pixels, with this many tokens.
 */
export const qwenPng = family({
  title: 'Qwen-VL, PNG at model size',
  summary: 'For runners that read a picture file: resized here, exactly, so the device need not.',
  params: {
    max_pixels: {
      kind: 'number',
      label: 'At most pixels',
      min: 6272,
      max: 4_194_304,
      step: 1,
      initial: 1_003_520,
    },
    min_pixels: {
      kind: 'number',
      label: 'At least pixels',
      min: 6272,
      max: 4_194_304,
      step: 1,
      initial: 6272,
    },
    align: {
      kind: 'number',
      label: 'Sides are multiples of',
      min: 14,
      max: 64,
      step: 1,
      initial: 28,
    },
    longest: {
      kind: 'number',
      label: 'Longest side at most (0: any)',
      min: 0,
      max: 8192,
      step: 1,
      initial: 0,
    },
    alpha: ALPHA,
  },
  plan(width, height, { max_pixels, min_pixels, align, longest, alpha }) {
    const size = smartResize(width, height, align, min_pixels, max_pixels);
    if (!size.ok) return size;
    const most = longest > 0 ? Math.max(align, Math.floor(longest / align) * align) : Infinity;
    const fitted = {
      width: Math.min(size.value.width, most),
      height: Math.min(size.value.height, most),
    };
    const outputs: Output[] = [
      { name: 'image.png', layout: 'png', picture: 1, shape: [fitted.height, fitted.width, 3] },
    ];
    const crop = whole(width, height);
    return ok({
      plan: planOf(crop, fitted, (fitted.width * fitted.height) / (align * align), outputs),
      alpha,
      steps: [{ from: 0, crop, ...fitted, filter: 'bicubic', backend: 'pil' }],
      outputs,
      preview: 1,
    });
  },
});
