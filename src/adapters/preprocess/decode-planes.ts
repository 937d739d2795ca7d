import { ok } from '../../domain/result';
import { chromaScratch, type Picture } from './blocks';
import { placeRgbx, viewOf, type Decoded } from './decode';
import type { Header } from './header';

const SAMPLING = {
  I420: { kind: 'ycc420', x: 2, y: 2 },
  I422: { kind: 'ycc422', x: 2, y: 1 },
  I444: { kind: 'ycc444', x: 1, y: 1 },
} as const;

/**
 * The JPEG decoder's own planes through WebCodecs, with a third of the bytes of a bitmap. The core makes RGB of them as libjpeg
 * does; the browser's conversion (`copyTo` with a format) is up to 154 levels off. Undefined: not available for this file.
 */
export async function decodePlanes(
  data: Uint8Array<ArrayBuffer>,
  header: Header,
): Promise<Decoded | undefined> {
  if (header.components === 4 || !('ImageDecoder' in globalThis)) return undefined; // CMYK: the bitmap is exact
  const decoder = new ImageDecoder({ data, type: header.type, colorSpaceConversion: 'none' });
  const { image } = await decoder.decode();
  decoder.close();
  const { format, codedWidth: width, codedHeight: height } = image;
  const known = width === header.width && height === header.height;
  const base = {
    width,
    height,
    orientation: header.exif.orientation,
    alpha: false,
    by: 'planes',
  } as const;
  const close = () => image.close();
  if (known && (format === 'BGRX' || format === 'BGRA'))
    return {
      ...base,
      close,
      place: (core, arena) => {
        const picture = placeRgbx(arena, width, height);
        const load = async () => {
          const layout = [{ offset: 0, stride: width * 4 }];
          await image.copyTo(viewOf(core, picture.pixels, width * height * 4), { layout });
          core.exports.swapRedBlue(picture.pixels, width * height);
          return ok();
        };
        return { picture, load };
      },
    };
  if (!known || !(format === 'I420' || format === 'I422' || format === 'I444')) {
    close();
    return undefined;
  }
  const { kind, x, y } = SAMPLING[format];
  return {
    ...base,
    close,
    place: (core, arena) => {
      const [cw, ch] = [Math.ceil(width / x), Math.ceil(height / y)];
      const pixels = arena.alloc(width * height);
      const cb = arena.alloc(cw * ch);
      const cr = arena.alloc(cw * ch);
      const rows = arena.alloc(chromaScratch(cw));
      const chroma = { cb, cr, stride: cw, width: cw, height: ch, rows };
      const picture: Picture = { kind, width, height, pixels, stride: width, chroma };
      const load = async () => {
        const end = cr + cw * ch;
        const layout = [
          { offset: 0, stride: width },
          { offset: cb - pixels, stride: cw },
          { offset: cr - pixels, stride: cw },
        ];
        await image.copyTo(viewOf(core, pixels, end - pixels), { layout });
        return ok();
      };
      return { picture, load };
    },
  };
}
