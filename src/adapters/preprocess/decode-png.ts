import { fail, ok, type Result } from '../../domain/result';
import type { Arena } from './arena';
import { placeRgbx, viewOf, type Decoded, type PlacedPixels } from './decode';
import type { Core } from './core';
import type { Header } from './header';
import { readChunks, type PngParts } from './png-chunks';

/** Samples per pixel by colour type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Adam7: first column and row, steps. PNG specification, section 8. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A rectangle of scanlines inside the inflated data. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  readonly rowBytes: number;
}

/** Our own PNG decoder: inflated by the browser straight into the core's memory, everything else exact by construction. */
export function decodePng(file: Uint8Array<ArrayBuffer>, header: Header): Result<Decoded> {
  const parts = readChunks(file);
  if (!parts.ok) return parts;
  const { width, height, exif, alpha } = header;
  const { orientation } = exif;
  const place = (core: Core, arena: Arena) => placePng(core, arena, file, header, parts.value);
  return ok({ width, height, orientation, alpha, by: 'png', place, close: () => undefined });
}

function placePng(
  core: Core,
  arena: Arena,
  file: Uint8Array<ArrayBuffer>,
  { width, height }: Header,
  parts: PngParts,
): PlacedPixels {
  const picture = placeRgbx(arena, width, height);
  const mark = arena.mark();
  const bits = (CHANNELS[parts.colourType] ?? 1) * parts.depth;
  const passes = passesOf(width, height, bits, parts.interlaced);
  const bytes = passes.reduce((sum, pass) => sum + (pass.rowBytes + 1) * pass.height, 0);
  const palette = arena.alloc(1024);
  const lines = arena.alloc(bytes);
  arena.release(mark);
  const load = async () => {
    const inflated = await inflate(file, parts.data, viewOf(core, lines, bytes));
    if (!inflated.ok) return inflated;
    new Uint32Array(core.memory.buffer, palette, 256).set(parts.palette);
    let at = lines;
    for (const pass of passes) {
      if (!core.exports.unfilter(at, pass.rowBytes, pass.height, Math.max(1, bits >> 3)))
        return fail('image-damaged', 'the PNG is corrupt: a row has a filter that does not exist');
      for (let y = 0; y < pass.height; y++, at += pass.rowBytes + 1) {
        const out = picture.pixels + ((pass.y + y * pass.dy) * width + pass.x) * 4;
        core.exports.expand(
          at + 1,
          pass.width,
          parts.colourType,
          parts.depth,
          palette,
          parts.clear,
          out,
          pass.dx * 4,
        );
      }
    }
    return ok();
  };
  return { picture, load };
}

function passesOf(width: number, height: number, bits: number, interlaced: boolean): Pass[] {
  return (interlaced ? ADAM7 : [[0, 0, 1, 1] as const])
    .map(([x, y, dx, dy]) => {
      const [w, h] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
      return { x, y, dx, dy, width: w, height: h, rowBytes: Math.ceil((w * bits) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Inflates into `target` and stops when it is full: a bomb gets no further. Data behind that is ignored, as libpng does. */
async function inflate(
  file: Uint8Array<ArrayBuffer>,
  ranges: PngParts['data'],
  target: Uint8Array<ArrayBuffer>,
): Promise<Result<void>> {
  const blob = new Blob(ranges.map(([from, to]) => file.subarray(from, to)));
  const reader = blob.stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  let filled = 0;
  try {
    while (filled < target.length) {
      const { done, value } = await reader.read();
      if (done) return fail('image-damaged', 'the PNG is cut off: rows are missing');
      const part = value.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
    reader.cancel().catch(() => undefined);
    return ok();
  } catch {
    return fail('image-damaged', 'the PNG is corrupt: its data cannot be unpacked');
  }
}
