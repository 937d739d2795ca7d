import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readHeader } from '../../../../src/adapters/preprocess/header';
import { pathOf, VECTORS } from '../../../golden/preprocess/vectors';

interface Stored {
  readonly file?: string;
  readonly stored_wh?: readonly [number, number];
  readonly exif_orientation?: number;
  readonly has_alpha?: boolean;
  readonly pil_format?: string;
}
const files = Object.entries(VECTORS.images as Record<string, Stored>).filter(
  ([, image]) => image.file && image.stored_wh,
);
const read = (name: string) => readHeader(new Uint8Array(readFileSync(pathOf(name))));

describe('reads from the content', () => {
  test.each(files)('%s', (name, image) => {
    const header = read(name);
    if (!header.ok) throw new Error(header.failure.detail);
    const { width, height, exif, type, alpha } = header.value;
    expect([width, height, exif.orientation]).toEqual([
      ...(image.stored_wh ?? []),
      image.exif_orientation,
    ]);
    expect(type).toBe(`image/${image.pil_format?.toLowerCase()}`);
    if (image.has_alpha) expect(alpha).toBe(true);
  });
});

test.each([
  ['bad_empty.png', 'image-not-image', 'empty'],
  ['bad_not_an_image.bin', 'image-not-image', 'none of JPEG'],
  ['bad_header_only.png', 'image-damaged', 'no picture data'],
  ['bad_zero_width.png', 'image-damaged', '0 x 120'],
  ['bad_bomb_60000x60000.png', 'image-too-large', '60000 x 60000'],
  ['bad_truncated.jpg', 'image-damaged', 'cut off'],
])('%s is refused before anything is decoded', (name, code, words) => {
  const header = read(name);
  expect(header).toMatchObject({ ok: false, failure: { code } });
  expect(!header.ok && header.failure.detail).toContain(words);
});

/** A big-endian box of ISO/IEC 14496-12. */
function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}
const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
  return bytes;
};

test('AVIF: the largest ispe counts', () => {
  const ipco = box('ipco', box('ispe', words(0, 40, 30)), box('ispe', words(0, 4000, 3000)));
  const file = Buffer.concat([
    box('ftyp', Buffer.from('avif\0\0\0\0mif1', 'latin1')),
    box('meta', words(0), box('iprp', ipco)),
  ]);
  const header = readHeader(new Uint8Array(file));
  expect(header).toMatchObject({
    ok: true,
    value: { type: 'image/avif', width: 4000, height: 3000 },
  });
});

test('BMP: a negative height is a picture that starts at the top', () => {
  const bmp = new Uint8Array(readFileSync(pathOf('photo_200x150.bmp')));
  new DataView(bmp.buffer).setInt32(22, -150, true);
  expect(readHeader(bmp)).toMatchObject({ ok: true, value: { width: 200, height: 150 } });
});

test('WebP that is shorter than it says is cut off', () => {
  const webp = new Uint8Array(readFileSync(pathOf('photo_400x300_q80.webp')));
  const header = readHeader(webp.subarray(0, webp.length >> 1));
  expect(header).toMatchObject({ ok: false, failure: { code: 'image-damaged' } });
});
