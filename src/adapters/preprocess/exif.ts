import type { Bytes } from './header';

/** The orientation tag of a file. */
export interface Exif {
  /** 1..8. */
  readonly orientation: number;
  /** Where the 16-bit value stands in the file; undefined: there is no such tag. */
  readonly at?: number;
  readonly little?: boolean;
}

/** No tag: the picture is as stored. */
export const UPRIGHT: Exif = { orientation: 1 };

/** Reads the orientation from a TIFF block at `at`. Tag 0x0112, EXIF 2.3 section 4.6.4. */
export function readExif(bytes: Bytes, at: number, length: number): Exif {
  const order = bytes.text(at, 2);
  if (order !== 'II' && order !== 'MM') return UPRIGHT;
  const little = order === 'II';
  if (bytes.u16(at + 2, little) !== 42) return UPRIGHT;
  const table = at + bytes.u32(at + 4, little);
  const end = at + length;
  const entries = bytes.u16(table, little);
  for (let i = 0, entry = table + 2; i < entries && entry + 12 <= end; i++, entry += 12) {
    if (bytes.u16(entry, little) !== 0x0112) continue;
    const value = bytes.u16(entry + 8, little);
    return value >= 1 && value <= 8 ? { orientation: value, at: entry + 8, little } : UPRIGHT;
  }
  return UPRIGHT;
}

/** A copy of the file that says "upright": browsers differ in what they rotate (Chromium: JPEG, not WebP), so we do it. */
export function withoutRotation(
  file: Uint8Array<ArrayBuffer>,
  { at, orientation, little }: Exif,
): Uint8Array<ArrayBuffer> {
  if (at === undefined || orientation === 1) return file;
  const copy = file.slice();
  new DataView(copy.buffer).setUint16(at, 1, little);
  return copy;
}
