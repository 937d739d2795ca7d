import { ok } from '../../domain/result';
import { placeRgbx, viewOf, type Decoded } from './decode';
import { withoutRotation } from './exif';
import type { Header } from './header';

/** The browser's own decoder, with everything switched off that changes pixels. EXIF orientation is left to us. */
export async function decodeBitmap(
  data: Uint8Array<ArrayBuffer>,
  header: Header,
): Promise<Decoded> {
  const bitmap = await createImageBitmap(
    new Blob([withoutRotation(data, header.exif)], { type: header.type }),
    {
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    },
  );
  const { width, height } = bitmap;
  return {
    width,
    height,
    orientation: header.exif.orientation,
    alpha: header.alpha,
    by: 'bitmap',
    place: (core, arena) => {
      const picture = placeRgbx(arena, width, height);
      const load = async () => {
        const target = viewOf(core, picture.pixels, width * height * 4);
        // A 2D canvas destroys the colours under partial alpha; WebGL reads them back whole.
        if (!header.alpha || !(await readWithWebGl(bitmap, target))) readWithCanvas(bitmap, target);
        return ok();
      };
      return { picture, load };
    },
    close: () => bitmap.close(),
  };
}

/** Rows per band: the canvas stays small, whatever the picture's size. */
const BAND = 256;

function readWithCanvas(bitmap: ImageBitmap, target: Uint8Array): void {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, Math.min(BAND, height));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no 2D canvas');
  context.globalCompositeOperation = 'copy';
  for (let y = 0; y < height; y += BAND) {
    const rows = Math.min(BAND, height - y);
    context.drawImage(bitmap, 0, -y);
    target.set(context.getImageData(0, 0, width, rows).data, y * width * 4);
  }
}

/** False where there is no WebGL2. */
async function readWithWebGl(
  bitmap: ImageBitmap,
  target: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2', { antialias: false });
  if (!gl) return false;
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.pixelStorei(gl.PACK_ROW_LENGTH, bitmap.width);
  for (let y = 0; y < bitmap.height; y += most)
    for (let x = 0; x < bitmap.width; x += most) {
      const [w, h] = [Math.min(most, bitmap.width - x), Math.min(most, bitmap.height - y)];
      const whole = w === bitmap.width && h === bitmap.height;
      const part = whole
        ? bitmap
        : await createImageBitmap(bitmap, x, y, w, h, {
            premultiplyAlpha: 'none',
            colorSpaceConversion: 'none',
          });
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, part);
      gl.framebufferTexture2D(
        gl.FRAMEBUFFER,
        gl.COLOR_ATTACHMENT0,
        gl.TEXTURE_2D,
        gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture,
        0,
      );
      gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, target, (y * bitmap.width + x) * 4);
      if (!whole) part.close();
    }
  const good = gl.getError() === gl.NO_ERROR;
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return good;
}
