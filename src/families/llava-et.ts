import { fail, ok } from '../domain/result';
import { family, type Output } from './family';
import { ALPHA, CLIP, normOf, planOf, whole } from './shared';

/** LLaVA-1.5 as ExecuTorch exports it: u8 planes that fit into a square; the exported model centres and normalises. */
export const llavaEt = family({
  title: 'LLaVA-1.5, ExecuTorch',
  summary:
    'The whole picture made to fit into a square, as plain bytes; the exported model does the rest.',
  params: {
    size: { kind: 'number', label: 'Size', min: 8, max: 1024, step: 1, initial: 336 },
    alpha: ALPHA,
  },
  plan(width, height, { size, alpha }) {
    const ratio = Math.max(height / size, width / size);
    const [w, h] = [Math.trunc(width / ratio), Math.trunc(height / ratio)];
    if (w === 0 || h === 0)
      return fail('image-shape', `${width} x ${height} would become ${w} x ${h} (resized_to_zero)`);
    const crop = whole(width, height);
    const canvas = {
      width: size,
      height: size,
      x: (size - w) >> 1,
      y: (size - h) >> 1,
      colour: [0, 0, 0] as const,
    };
    const outputs: Output[] = [
      { name: 'pixels', layout: 'chw', picture: 1, shape: [3, h, w] },
      {
        name: 'model_internal',
        layout: 'frames',
        frames: [{ picture: 2, columns: 1, rows: 1 }],
        norm: { ...normOf(CLIP.mean, CLIP.std, 'f32'), order: 'C' },
        shape: [1, 3, size, size],
      },
    ];
    return ok({
      plan: planOf(crop, { width: w, height: h }, 576, outputs),
      alpha,
      steps: [
        { from: 0, crop, width: w, height: h, filter: 'bilinear', backend: 'f32' },
        {
          from: 1,
          crop: whole(w, h),
          width: w,
          height: h,
          canvas,
          filter: 'bilinear',
          backend: 'pil',
        },
      ],
      outputs,
      preview: 1,
    });
  },
});
