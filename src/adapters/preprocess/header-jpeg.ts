import { fail, ok, type Result } from '../../domain/result';
import { readExif, UPRIGHT } from './exif';
import type { Bytes, Header } from './header';

/** Walks the markers up to the first scan. ITU-T T.81 annex B. */
export function jpegHeader(bytes: Bytes): Result<Header> {
  let exif = UPRIGHT;
  let frame: Pick<Header, 'width' | 'height' | 'components'> | undefined;
  for (let at = 2; ;) {
    while (bytes.u8(at) === 0xff && bytes.u8(at + 1) === 0xff) at++; // fill bytes
    if (at + 4 > bytes.length) return fail('image-damaged', 'the JPEG ends inside its header');
    if (bytes.u8(at) !== 0xff)
      return fail('image-damaged', 'the JPEG has no marker where one must be');
    const marker = bytes.u8(at + 1);
    const length = bytes.u16(at + 2);
    const body = at + 4;
    if (marker === 0xe1 && bytes.text(body, 6) === 'Exif\0\0' && exif === UPRIGHT)
      exif = readExif(bytes, body + 6, length - 8);
    if (isFrame(marker))
      frame = {
        height: bytes.u16(body + 1),
        width: bytes.u16(body + 3),
        components: bytes.u8(body + 5),
      };
    if (marker === 0xda) {
      if (!frame) return fail('image-damaged', 'the JPEG has no frame header');
      if (!endsWhole(bytes, body))
        return fail('image-damaged', 'the JPEG is cut off: its end is missing');
      return ok({ type: 'image/jpeg', ...frame, exif, alpha: false });
    }
    at = body + Math.max(length, 2) - 2;
  }
}

/** SOF0..SOF15 without DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** There is an end marker behind the first scan. Chromium shows a cut JPEG with a grey rest; we refuse it. */
function endsWhole({ data }: Bytes, from: number): boolean {
  for (let at = data.length - 2; at >= from; at--)
    if (data[at] === 0xff && data[at + 1] === 0xd9) return true;
  return false;
}
