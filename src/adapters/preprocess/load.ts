import { ok, type Result } from '../../domain/result';
import type { Alpha } from '../../families/family';
import { Arena } from './arena';
import type { Picture } from './blocks';
import { reserve, type Core } from './core';
import { decode, placeRgbx, viewOf, type Decoded } from './decode';
import { layOutRgb, layOutRgbx } from './execute';
import { readHeader, type Header } from './header';

/** A decoded file whose pixels are not in the core's memory yet. */
export interface Opened {
  readonly header: Header;
  readonly decoded: Decoded;
}

/** Failures: image-not-image, image-damaged, image-too-large. */
export async function openPicture(data: Uint8Array<ArrayBuffer>): Promise<Result<Opened>> {
  const header = readHeader(data);
  if (!header.ok) return header;
  const decoded = await decode(data, header.value);
  return decoded.ok ? ok({ header: header.value, decoded: decoded.value }) : decoded;
}

/** Where a source will lie, and how it gets there. */
export interface Placed {
  /** The oriented source. */
  readonly picture: Picture;
  /** Copies, composites, orients. Failures: image-damaged. */
  readonly load: () => Promise<Result<void>>;
}

/** Plans the memory of a source: where the decoder delivers, and, if it must be turned, where it ends up. */
export function placeSource(core: Core, arena: Arena, decoded: Decoded, alpha: Alpha): Placed {
  const { width, height, orientation } = decoded;
  const size = orientation > 4 ? { width: height, height: width } : { width, height };
  const turned = orientation === 1 ? undefined : placeRgbx(arena, size.width, size.height);
  const mark = arena.mark();
  const stored = decoded.place(core, arena);
  const flat =
    turned && stored.picture.kind !== 'rgbx' ? layOutRgbx(core, arena, stored.picture) : undefined;
  if (turned) arena.release(mark);
  const load = async () => {
    const loaded = await stored.load();
    if (!loaded.ok) return loaded;
    flat?.run();
    const { pixels } = flat?.picture ?? stored.picture;
    if (decoded.alpha && alpha === 'white') core.exports.flatten(pixels, width * height);
    if (turned) core.exports.orient(pixels, width, height, turned.pixels, orientation);
    return ok();
  };
  return { picture: turned ?? stored.picture, load };
}

/** Decodes a file to packed, oriented RGB. */
export async function decodeToRgb(
  core: Core,
  data: Uint8Array<ArrayBuffer>,
  alpha: Alpha,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const opened = await openPicture(data);
  if (!opened.ok) return opened;
  const arena = new Arena(core.exports.heapBase());
  const { picture, load } = placeSource(core, arena, opened.value.decoded, alpha);
  const rgb = layOutRgb(core, arena, picture);
  const reserved = reserve(core, arena.bytes);
  const loaded = reserved.ok ? await load() : reserved;
  opened.value.decoded.close();
  if (!loaded.ok) return loaded;
  rgb.run();
  return ok(viewOf(core, rgb.address, rgb.bytes).slice());
}
