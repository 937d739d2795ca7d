import { fail, ok, type Result } from '../../domain/result';
import { UPRIGHT, type Exif } from './exif';
import { avifHeader } from './header-avif';
import { jpegHeader } from './header-jpeg';
import { pngHeader } from './header-png';
import { webpHeader } from './header-webp';

/** What a file's first bytes say about the picture in it, before anything is decoded. */
export interface Header {
  readonly type: ImageType;
  /** Size as stored, before EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly exif: Exif;
  /** False: certainly opaque. */
  readonly alpha: boolean;
  /** JPEG: 1 grey, 3 colour, 4 CMYK. */
  readonly components?: number;
}

export type ImageType =
  'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif' | 'image/bmp' | 'image/avif';

/** Largest pictures that are decoded: side in pixels, and pixels. */
export const MAX_SIDE = 32_768;
export const MAX_PIXELS = 100_000_000;

/** Bytes and numbers in them; reads behind the end give 0, so that cut files are found by their size checks. */
export class Bytes {
  readonly data: Uint8Array;
  readonly #view: DataView;

  constructor(data: Uint8Array) {
    this.data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }
  get length(): number {
    return this.data.length;
  }
  u8(at: number): number {
    return this.data[at] ?? 0;
  }
  u16(at: number, little = false): number {
    return at >= 0 && at + 2 <= this.length ? this.#view.getUint16(at, little) : 0;
  }
  u24(at: number): number {
    return this.u8(at) | (this.u8(at + 1) << 8) | (this.u8(at + 2) << 16);
  }
  u32(at: number, little = false): number {
    return at >= 0 && at + 4 <= this.length ? this.#view.getUint32(at, little) : 0;
  }
  i32(at: number, little = false): number {
    return this.u32(at, little) | 0;
  }
  /** Latin-1 text. */
  text(at: number, length: number): string {
    return String.fromCharCode(...this.data.subarray(at, at + length));
  }
}

/**
 * Reads type, size and orientation from the content; the file's name does not matter.
 * Failures: image-not-image, image-damaged (no valid size), image-too-large.
 */
export function readHeader(data: Uint8Array): Result<Header> {
  if (data.length === 0) return fail('image-not-image', 'the file is empty');
  const parsed = parse(new Bytes(data));
  if (!parsed.ok) return parsed;
  const { width, height } = parsed.value;
  if (width === 0 || height === 0)
    return fail('image-damaged', `the header says ${width} x ${height} pixels`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    return fail(
      'image-too-large',
      `the header says ${width} x ${height} pixels; at most ${MAX_PIXELS / 1e6} megapixels and ${MAX_SIDE} pixels a side`,
    );
  return parsed;
}

function parse(bytes: Bytes): Result<Header> {
  if (bytes.u16(0) === 0xffd8) return jpegHeader(bytes);
  if (bytes.text(0, 8) === '\x89PNG\r\n\x1a\n') return pngHeader(bytes);
  if (bytes.text(0, 4) === 'RIFF' && bytes.text(8, 4) === 'WEBP') return webpHeader(bytes);
  if (/^GIF8[79]a$/.test(bytes.text(0, 6))) return gifHeader(bytes);
  if (bytes.text(0, 2) === 'BM') return bmpHeader(bytes);
  if (bytes.text(4, 4) === 'ftyp' && /avi[fs]/.test(bytes.text(8, Math.min(bytes.u32(0), 64))))
    return avifHeader(bytes);
  return fail('image-not-image', 'the content is none of JPEG, PNG, WebP, GIF, BMP, AVIF');
}

function gifHeader(bytes: Bytes): Result<Header> {
  if (bytes.length < 13) return fail('image-damaged', 'the GIF ends inside its header');
  const width = bytes.u16(6, true);
  return ok({ type: 'image/gif', width, height: bytes.u16(8, true), exif: UPRIGHT, alpha: true });
}

function bmpHeader(bytes: Bytes): Result<Header> {
  if (bytes.length < 26) return fail('image-damaged', 'the BMP ends inside its header');
  const core = bytes.u32(14, true) === 12; // OS/2 headers have 16-bit sizes
  const width = core ? bytes.u16(18, true) : bytes.i32(18, true);
  const height = core ? bytes.u16(20, true) : Math.abs(bytes.i32(22, true)); // negative: top row first
  const alpha = !core && bytes.u16(28, true) === 32;
  return ok({ type: 'image/bmp', width: Math.max(width, 0), height, exif: UPRIGHT, alpha });
}
