import { ok } from '../domain/result';
import { family, type Family, type Output } from './family';
import { ALPHA, BACKEND, normOf, planOf, whole } from './shared';

interface Defaults {
  readonly title: string;
  readonly size: number;
  readonly filter: 'bicubic' | 'lanczos';
  readonly mean: string;
  readonly std: string;
  readonly tokens: number;
}

/** One square frame of f32, the picture stretched to it. As the ExecuTorch Qualcomm examples call the processors. */
export function square(defaults: Defaults): Family {
  return family({
    title: defaults.title,
    summary: 'The whole picture stretched to one square frame, as the ExecuTorch examples feed it.',
    params: {
      size: { kind: 'number', label: 'Size', min: 8, max: 4096, step: 1, initial: defaults.size },
      filter: {
        kind: 'choice',
        label: 'Filter',
        options: ['bilinear', 'bicubic', 'lanczos'],
        initial: defaults.filter,
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
      backend: BACKEND,
      alpha: ALPHA,
    },
    plan(width, height, { size, filter, mean, std, tokens, backend, alpha }) {
      const frame = { picture: 1, columns: 1, rows: 1 };
      const norm = normOf(mean, std, backend);
      const outputs: Output[] = [
        {
          name: 'pixel_values',
          layout: 'frames',
          frames: [frame],
          norm,
          shape: [1, 3, size, size],
        },
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
}
