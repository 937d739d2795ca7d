import { ok } from '../domain/result';
import { family, type Output } from './family';
import { ALPHA, BACKEND, planOf, whole } from './shared';

/** FastVLM on the NPU: raw bytes, no normalisation; the graph does it. */
export const fastvlmU8 = family({
  title: 'FastVLM, u8 for the NPU',
  summary: 'The whole picture stretched to a square of plain bytes; the graph normalises.',
  params: {
    size: { kind: 'number', label: 'Size', min: 8, max: 4096, step: 1, initial: 1024 },
    filter: {
      kind: 'choice',
      label: 'Filter',
      options: ['bilinear', 'bicubic', 'lanczos'],
      initial: 'bicubic',
    },
    tokens: { kind: 'number', label: 'Image tokens', min: 1, max: 65_536, step: 1, initial: 256 },
    backend: BACKEND,
    alpha: ALPHA,
  },
  plan(width, height, { size, filter, tokens, backend, alpha }) {
    const outputs: Output[] = [
      { name: 'pixels', layout: 'hwc', picture: 1, shape: [size, size, 3] },
    ];
    const crop = whole(width, height);
    return ok({
      plan: planOf(crop, { width: size, height: size }, tokens, outputs),
      alpha,
      steps: [{ from: 0, crop, width: size, height: size, filter, backend }],
      outputs,
      preview: 1,
    });
  },
});
