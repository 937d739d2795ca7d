import { ok, type Result } from '../../domain/result';
import type { Alpha } from '../../families/family';
import { Arena } from './arena';
import type { Picture } from './blocks';
import { reserve, type Core } from './core';
import { decode, type Decoded } from './decode';
import { layOutRgb } from './execute';
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
  /** Its packed RGB; only until anything else runs. */
  readonly rgb: { readonly address: number; readonly bytes: number };
  /** Copies, composites, orients, packs. */
  readonly load: () => Promise<void>;
}

/** Plans the memory of a source. The block of `rgb` is given back: later blocks may lie on it. */
export function placeSource(core: Core, arena: Arena, decoded: Decoded, alpha: Alpha): Placed {
  const { width, height, orientation, bytes } = decoded;
  const turned = orientation > 4;
  const size = turned ? { width: height, height: width } : { width, height };
  const stored = arena.alloc(bytes);
  const pixels = orientation === 1 ? stored : arena.alloc(bytes);
  const picture: Picture = { kind: 'rgbx', ...size, pixels, stride: size.width * 4 };
  const mark = arena.mark();
  const rgb = layOutRgb(core, arena, picture);
  arena.release(mark);
  const load = async () => {
    await decoded.write(new Uint8Array(core.memory.buffer, stored, bytes));
    if (decoded.alpha && alpha === 'white') core.exports.flatten(stored, width * height);
    if (orientation !== 1) core.exports.orient(stored, width, height, pixels, orientation);
    rgb.run();
  };
  return { picture, rgb, load };
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
  const { rgb, load } = placeSource(core, arena, opened.value.decoded, alpha);
  const reserved = reserve(core, arena.bytes);
  if (reserved.ok) await load();
  opened.value.decoded.close();
  return reserved.ok
    ? ok(new Uint8Array(core.memory.buffer, rgb.address, rgb.bytes).slice())
    : reserved;
}
