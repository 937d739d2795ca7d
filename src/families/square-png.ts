import { ok } from '../domain/result';
import { family, type Output } from './family';
import { ALPHA, centreSquare, planOf } from './shared';

/** A square cut from the middle, at exactly the size that the model was trained on, as a lossless PNG. */
export const squarePng = family({
  title: 'Square PNG',
  summary:
    'The middle square, resized to the size the model expects. The device sees exactly these pixels.',
  params: {
    size: { kind: 'number', label: 'Size', min: 8, max: 4096, step: 1, initial: 128 },
    imageTokens: {
      kind: 'number',
      label: 'Image tokens',
      min: 0,
      max: 65_536,
      step: 1,
      initial: 0,
    },
    alpha: ALPHA,
  },
  plan(width, height, { size, imageTokens, alpha }) {
    const crop = centreSquare(width, height);
    const outputs: Output[] = [
      { name: 'image.png', layout: 'png', picture: 1, shape: [size, size, 3] },
    ];
    return ok({
      plan: planOf(crop, { width: size, height: size }, imageTokens || undefined, outputs),
      alpha,
      steps: [{ from: 0, crop, width: size, height: size, filter: 'bicubic', backend: 'pil' }],
      outputs,
      preview: 1,
    });
  },
});
