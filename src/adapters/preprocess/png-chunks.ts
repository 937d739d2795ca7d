import { fail, ok, type Result } from '../../domain/result';
import { Bytes } from './header';
import { crc32 } from './png';

/** A PNG taken apart; nothing is inflated yet. */
export interface PngParts {
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
  /** 256 RGBA words. */
  readonly palette: Uint32Array;
  /** The colour that is transparent as 0xRRGGBB at 8 bits, or -1. */
  readonly clear: number;
  /** Ranges of the file that hold the compressed data, in order. */
  readonly data: readonly (readonly [number, number])[];
}

const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Checks the checksums of all chunks that matter. PNG specification, section 5 and 11. Failures: image-damaged. */
export function readChunks(file: Uint8Array): Result<PngParts> {
  const bytes = new Bytes(file);
  const palette = new Uint32Array(256).fill(0xff000000);
  const data: [number, number][] = [];
  let clear = -1;
  const [depth, colourType] = [bytes.u8(24), bytes.u8(25)];
  if (!DEPTHS[colourType]?.includes(depth) || bytes.u8(28) > 1)
    return fail('image-damaged', 'the PNG header names a format that does not exist');
  for (let at = 8; ;) {
    const length = bytes.u32(at);
    const type = bytes.text(at + 4, 4);
    const body = at + 8;
    if (body + length + 4 > bytes.length) {
      if (data.length > 0 && at >= bytes.length) break; // only the end chunk is missing
      return fail('image-damaged', 'the PNG is cut off');
    }
    if (type === 'IEND') break;
    if (!(bytes.u8(at + 4) & 32) || type === 'tRNS')
      if (bytes.u32(body + length) !== crc32(file, at + 4, body + length))
        return fail('image-damaged', `the PNG is corrupt: a ${type} chunk has the wrong checksum`);
    if (type === 'IDAT') data.push([body, body + length]);
    if (type === 'PLTE') readPalette(bytes, body, length, palette);
    if (type === 'tRNS')
      clear = readTransparency(bytes, body, length, { depth, colourType, palette });
    at = body + length + 4;
  }
  if (data.length === 0) return fail('image-damaged', 'the PNG holds no picture data');
  return ok({ depth, colourType, interlaced: bytes.u8(28) === 1, palette, clear, data });
}

function readPalette(bytes: Bytes, at: number, length: number, palette: Uint32Array): void {
  for (let i = 0; i < Math.min(256, Math.floor(length / 3)); i++) {
    const p = at + i * 3;
    palette[i] =
      (bytes.u8(p) | (bytes.u8(p + 1) << 8) | (bytes.u8(p + 2) << 16) | 0xff000000) >>> 0;
  }
}

/** Fills in the palette's alpha, or returns the one transparent colour. */
function readTransparency(
  bytes: Bytes,
  at: number,
  length: number,
  { depth, colourType, palette }: Pick<PngParts, 'depth' | 'colourType' | 'palette'>,
): number {
  if (colourType === 3) {
    for (let i = 0; i < Math.min(256, length); i++)
      palette[i] = ((palette[i]! & 0xffffff) | (bytes.u8(at + i) << 24)) >>> 0;
    return -1;
  }
  const eight = (v: number) =>
    depth === 16 ? v >> 8 : depth === 8 ? v & 255 : (v * 255) / ((1 << depth) - 1);
  if (colourType === 2)
    return (
      (eight(bytes.u16(at)) << 16) | (eight(bytes.u16(at + 2)) << 8) | eight(bytes.u16(at + 4))
    );
  if (colourType !== 0) return -1;
  const grey = depth === 16 ? Math.min(bytes.u16(at), 255) : eight(bytes.u16(at));
  return grey * 0x010101;
}
