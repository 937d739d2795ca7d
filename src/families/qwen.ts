import { fail, ok, type Result } from '../domain/result';
import { family, type Family, type Output } from './family';
import { ALPHA, BACKEND, normOf, planOf, roundEven, whole } from './shared';

/** What differs between the models of this kind. */
interface Defaults {
  readonly title: string;
  readonly patch: number;
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly mean: string;
  readonly std: string;
}

/** Pictures of any shape, stretched to multiples of patch x merge, cut into patches. Source: transformers qwen2_vl. */
export function qwen(defaults: Defaults): Family {
  return family({
    title: defaults.title,
    summary: 'The whole picture in its own shape, cut into patches. Fewer pixels, fewer tokens.',
    params: {
      max_pixels: {
        kind: 'number',
        label: 'At most pixels',
        min: 784,
        max: 16_777_216,
        step: 1,
        initial: defaults.maxPixels,
      },
      min_pixels: {
        kind: 'number',
        label: 'At least pixels',
        min: 0,
        max: 16_777_216,
        step: 1,
        initial: defaults.minPixels,
      },
      patch: {
        kind: 'number',
        label: 'Patch size',
        min: 2,
        max: 64,
        step: 1,
        initial: defaults.patch,
      },
      merge: {
        kind: 'number',
        label: 'Patches merged per side',
        min: 1,
        max: 4,
        step: 1,
        initial: 2,
      },
      temporal: { kind: 'number', label: 'Copies in time', min: 1, max: 4, step: 1, initial: 2 },
      mean: { kind: 'rgb', label: 'Mean', initial: defaults.mean },
      std: { kind: 'rgb', label: 'Deviation', initial: defaults.std },
      backend: BACKEND,
      alpha: ALPHA,
    },
    plan(width, height, values) {
      const { patch, merge, temporal, alpha, backend } = values;
      const size = smartResize(width, height, patch * merge, values.min_pixels, values.max_pixels);
      if (!size.ok) return size;
      const [down, across] = [size.value.height / patch, size.value.width / patch];
      const norm = normOf(values.mean, values.std, backend);
      const row = 3 * temporal * patch * patch;
      const outputs: Output[] = [
        {
          name: 'pixel_values',
          layout: 'patches',
          picture: 1,
          patch,
          merge,
          temporal,
          norm,
          shape: [down * across, row],
        },
        { name: 'image_grid_thw', layout: 'numbers', values: [1, down, across], shape: [1, 3] },
      ];
      const crop = whole(width, height);
      return ok({
        plan: planOf(crop, size.value, (down * across) / (merge * merge), outputs),
        alpha,
        steps: [{ from: 0, crop, ...size.value, filter: 'bicubic', backend }],
        outputs,
        preview: 1,
      });
    },
  });
}

/**
 * Target size of the Qwen models: multiples of `factor`, an area between the limits, nearly the same shape.
 * Rounds half to even, and a side may be 0 before the area is looked at; both as in the original.
 */
export function smartResize(
  width: number,
  height: number,
  factor: number,
  minPixels: number,
  maxPixels: number,
): Result<{ readonly width: number; readonly height: number }> {
  const ratio = Math.max(width, height) / Math.min(width, height);
  if (ratio > 200)
    return fail(
      'image-shape',
      `${width} x ${height}: one side is ${Math.round(ratio)} times the other, at most 200 (aspect_ratio_over_200)`,
    );
  let h = roundEven(height / factor) * factor;
  let w = roundEven(width / factor) * factor;
  if (h * w > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    h = Math.max(factor, Math.floor(height / beta / factor) * factor);
    w = Math.max(factor, Math.floor(width / beta / factor) * factor);
  } else if (h * w < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    h = Math.ceil((height * beta) / factor) * factor;
    w = Math.ceil((width * beta) / factor) * factor;
  }
  if (h === 0 || w === 0)
    return fail(
      'image-shape',
      `${width} x ${height} would become ${w} x ${h}: raise the least number of pixels`,
    );
  return ok({ width: w, height: h });
}
