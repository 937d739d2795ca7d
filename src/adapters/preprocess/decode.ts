import { fail, ok, type Result } from '../../domain/result';
import { decodeBitmap } from './decode-bitmap';
import type { Header } from './header';

/** A decoded picture outside the core's memory. Must be closed. */
export interface Decoded {
  /** Size as delivered. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation that is still to be applied, 1..8. */
  readonly orientation: number;
  /** Alpha below 255 may occur. */
  readonly alpha: boolean;
  /** Bytes that `write` fills: RGBA rows, top to bottom, no padding. */
  readonly bytes: number;
  /** Copies the pixels into `target`, which has `bytes` bytes. */
  write(target: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): void;
}

/**
 * Decodes to the very RGB that Pillow gives: no colour management, no premultiplied alpha.
 * Failures: image-damaged, image-not-image.
 */
export async function decode(
  data: Uint8Array<ArrayBuffer>,
  header: Header,
): Promise<Result<Decoded>> {
  try {
    return ok(await decodeBitmap(data, header));
  } catch (error) {
    return fail('image-damaged', `the browser cannot decode it (${describe(error)})`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
