import { ok } from '../domain/result';
import { family, type Output } from './family';
import { ALPHA, planOf, whole } from './shared';

/** The whole picture, shrunk to a longest side, as a lossless PNG. The runner on the device does the rest. */
export const fitPng = family({
  title: 'Whole picture PNG',
  summary:
    'The whole picture, made smaller where it is large. The device prepares it further by its own rules.',
  params: {
    longest: { kind: 'number', label: 'Longest side', min: 16, max: 8192, step: 1, initial: 1024 },
    alpha: ALPHA,
  },
  plan(width, height, { longest, alpha }) {
    const scale = Math.min(1, longest / Math.max(width, height));
    const side = (n: number) => Math.max(1, Math.round(n * scale));
    const size = { width: side(width), height: side(height) };
    const crop = whole(width, height);
    const outputs: Output[] = [
      { name: 'image.png', layout: 'png', picture: 1, shape: [size.height, size.width, 3] },
    ];
    return ok({
      plan: planOf(crop, size, undefined, outputs),
      alpha,
      steps: [{ from: 0, crop, ...size, filter: 'bicubic', backend: 'pil' }],
      outputs,
      preview: 1,
    });
  },
});
