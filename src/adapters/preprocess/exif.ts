import type { Bytes } from './header';

/** EXIF orientation (1..8) of a TIFF block at `at`; 1 when there is none. Tag 0x0112, EXIF 2.3 section 4.6.4. */
export function exifOrientation(bytes: Bytes, at: number, length: number): number {
  const order = bytes.text(at, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  const little = order === 'II';
  if (bytes.u16(at + 2, little) !== 42) return 1;
  const table = at + bytes.u32(at + 4, little);
  const end = at + length;
  const entries = bytes.u16(table, little);
  for (let i = 0, entry = table + 2; i < entries && entry + 12 <= end; i++, entry += 12) {
    if (bytes.u16(entry, little) !== 0x0112) continue;
    const value = bytes.u16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
