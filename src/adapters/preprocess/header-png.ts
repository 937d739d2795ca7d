import { fail, ok, type Result } from '../../domain/result';
import { readExif, UPRIGHT } from './exif';
import type { Bytes, Header } from './header';

/** IHDR, then the chunks that say something about transparency and orientation. PNG specification, section 11. */
export function pngHeader(bytes: Bytes): Result<Header> {
  if (bytes.length < 33 || bytes.text(12, 4) !== 'IHDR')
    return fail('image-damaged', 'the PNG ends inside its header');
  const width = bytes.u32(16);
  const height = bytes.u32(20);
  const colourType = bytes.u8(25);
  let alpha = colourType === 4 || colourType === 6;
  let exif = UPRIGHT;
  let data = false;
  for (let at = 33; at + 12 <= bytes.length;) {
    const length = bytes.u32(at);
    const type = bytes.text(at + 4, 4);
    if (type === 'tRNS') alpha = true;
    if (type === 'eXIf') exif = readExif(bytes, at + 8, length);
    if (type === 'IDAT') data = true;
    at += 12 + length;
  }
  if (!data) return fail('image-damaged', 'the PNG holds no picture data');
  return ok({ type: 'image/png', width, height, exif, alpha });
}
