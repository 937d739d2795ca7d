import type { BundleSource } from '../../domain/bundle';
import { MAX_ENCODER_BYTES, type VisionEncoder } from '../../domain/encoder';
import { fail, ok, type Result } from '../../domain/result';
import { readPixelScale } from './mmproj';
import type { OwnEncoder } from './page-engine';

/**
 * Looks at an ONNX file of the user's: an image encoder for square pictures of the size that the model's mmproj has.
 * Failures: encoder-invalid, encoder-shape, those of reading the mmproj.
 */
export async function checkEncoder(
  file: Blob,
  source: BundleSource,
  encoder: VisionEncoder,
  signal: AbortSignal,
): Promise<Result<OwnEncoder>> {
  if (file.size > MAX_ENCODER_BYTES)
    return fail('encoder-invalid', `${file.size} bytes, at most ${MAX_ENCODER_BYTES}`);
  const shape = await encoder.inspect(file, signal);
  if (!shape.ok) return shape;
  const scale = await readPixelScale(source, signal);
  if (!scale.ok) return scale;
  const { size } = scale.value;
  const { height = size, width = height } = shape.value;
  if (height === undefined || width === undefined)
    return fail('encoder-shape', 'it leaves the size of its picture open, and so does the mmproj');
  const its = `it takes ${height} x ${width} pixels`;
  if (height !== width) return fail('encoder-shape', `${its}; only squares are compared`);
  return size === undefined || size === height
    ? ok({ file, size: height })
    : fail('encoder-shape', `${its}, the mmproj ${size} x ${size}`);
}
