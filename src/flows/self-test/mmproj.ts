import type { BundleSource } from '../../domain/bundle';
import { count, GGUF_HEAD_BYTES, readGguf } from '../../domain/gguf';
import { fail, ok, type Result } from '../../domain/result';
import { readHead } from './page-files';

/** How the phone's engine turns pixels into numbers, as the mmproj file tells it. */
export interface PixelScale {
  /** "r,g,b": what is taken away from pixels of 0 to 1, and what they are then divided by. */
  readonly mean: string;
  readonly std: string;
  /** Edge in pixels of the encoder's picture, where it has a fixed one. */
  readonly size: number | undefined;
}

/** Reads it from the first part of the model's vision file. Failure model-invalid: it does not say. */
export async function readPixelScale(
  source: BundleSource,
  signal: AbortSignal,
): Promise<Result<PixelScale>> {
  const { manifest } = source;
  const file = manifest.files.find(({ role }) => role === 'vision');
  if (!file) return fail('model-invalid', `${manifest.id} has no vision file`);
  const head = await readHead(source, file, GGUF_HEAD_BYTES, signal);
  if (!head.ok) return head;
  const header = readGguf(head.value, file.bytes);
  if (!header.ok) return header;
  const { keys } = header.value;
  const three = (key: string) => {
    const value = keys.get(key);
    return Array.isArray(value) && value.length === 3 ? value.join(',') : undefined;
  };
  const [mean, std] = [three('clip.vision.image_mean'), three('clip.vision.image_std')];
  return mean && std
    ? ok({ mean, std, size: count(keys, 'clip.vision.image_size') })
    : fail('model-invalid', `${file.path} does not say how its pixels are scaled`);
}
