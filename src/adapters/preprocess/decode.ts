import { fail, ok, type Result } from '../../domain/result';
import type { Arena } from './arena';
import type { Picture } from './blocks';
import type { Core } from './core';
import { decodeBitmap } from './decode-bitmap';
import { decodeGif } from './decode-gif';
import { decodePlanes } from './decode-planes';
import { decodePng } from './decode-png';
import type { Header } from './header';

/** A decoded (or checked) picture outside the core's memory. Must be closed. */
export interface Decoded {
  /** Size as delivered. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation that is still to be applied, 1..8. */
  readonly orientation: number;
  /** Alpha below 255 may occur. */
  readonly alpha: boolean;
  /** Which decoder it was, for the curious. */
  readonly by: 'planes' | 'bitmap' | 'png' | 'gif';
  /** Plans the memory of the pixels. Nothing is touched before `load`. */
  readonly place: (core: Core, arena: Arena) => PlacedPixels;
  readonly close: () => void;
}

export interface PlacedPixels {
  readonly picture: Picture;
  /** Fills the memory. Failures: image-damaged. */
  readonly load: () => Promise<Result<void>>;
}

/**
 * Decodes to the very RGB that Pillow gives: no colour management, no premultiplied alpha.
 * PNG and GIF by ourselves (browsers scale 16-bit grey, Pillow clamps it; and drop colours under transparency), JPEG from the decoder's own planes, the
 * rest through an ImageBitmap. Failures: image-damaged.
 */
export async function decode(
  data: Uint8Array<ArrayBuffer>,
  header: Header,
): Promise<Result<Decoded>> {
  if (header.type === 'image/png') return decodePng(data, header);
  if (header.type === 'image/gif') return decodeGif(data, header);
  try {
    const planes = header.type === 'image/jpeg' ? await decodePlanes(data, header) : undefined;
    return ok(planes ?? (await decodeBitmap(data, header)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail('image-damaged', `the browser cannot decode it (${reason})`);
  }
}

/** A place for RGBX pixels without padding between rows. */
export function placeRgbx(arena: Arena, width: number, height: number): Picture {
  const pixels = arena.alloc(width * height * 4);
  return { kind: 'rgbx', width, height, pixels, stride: width * 4 };
}

/** The bytes of a block. */
export function viewOf(core: Core, address: number, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(core.memory.buffer, address, bytes);
}
