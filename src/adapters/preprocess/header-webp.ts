import { fail, ok, type Result } from '../../domain/result';
import { readExif, UPRIGHT, type Exif } from './exif';
import type { Bytes, Header } from './header';

/** VP8, VP8L or VP8X chunk. Source: WebP container specification and RFC 6386 section 9.1. */
export function webpHeader(bytes: Bytes): Result<Header> {
  if (bytes.length < 30) return fail('image-damaged', 'the WebP ends inside its header');
  if (bytes.u32(4, true) + 8 > bytes.length)
    return fail('image-damaged', 'the WebP is cut off: it is shorter than it says');
  const base = { type: 'image/webp', exif: UPRIGHT } as const;
  switch (bytes.text(12, 4)) {
    case 'VP8 ':
      return ok({
        ...base,
        width: bytes.u16(26, true) & 0x3fff,
        height: bytes.u16(28, true) & 0x3fff,
        alpha: false,
      });
    case 'VP8L': {
      const bits = bytes.u32(21, true);
      const alpha = ((bits >> 28) & 1) === 1;
      return ok({
        ...base,
        width: (bits & 0x3fff) + 1,
        height: ((bits >> 14) & 0x3fff) + 1,
        alpha,
      });
    }
    case 'VP8X': {
      const flags = bytes.u8(20);
      return ok({
        type: 'image/webp',
        width: bytes.u24(24) + 1,
        height: bytes.u24(27) + 1,
        exif: flags & 8 ? findExif(bytes) : UPRIGHT,
        alpha: (flags & 16) !== 0 || (flags & 2) !== 0,
      });
    }
    default:
      return fail('image-damaged', 'the WebP holds no picture data');
  }
}

function findExif(bytes: Bytes): Exif {
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.u32(at + 4, true);
    if (bytes.text(at, 4) === 'EXIF') {
      const prefix = bytes.text(at + 8, 6) === 'Exif\0\0' ? 6 : 0;
      return readExif(bytes, at + 8 + prefix, length - prefix);
    }
    at += 8 + length + (length & 1);
  }
  return UPRIGHT;
}
