// Rows of a source as RGBX: stored, converted from YCbCr planes, or the border around the picture.
import { Source } from './layout';
import { yccRow } from './ycc';

/** Row y (of the padded canvas) holds nothing but the border colour. */
export function isConstant(source: Source, y: i32): bool {
  return y < source.padY || y >= source.padY + source.height;
}

/** Address of row y of the canvas: in place where it can be, else built at `scratch` (4 * padWidth + 64 bytes). */
export function fetch(source: Source, y: i32, scratch: usize): usize {
  const row = y - source.padY;
  if (source.padWidth == source.width && !isConstant(source, y)) {
    if (source.kind == 0) return source.pixels + row * source.stride;
    yccRow(source, row, scratch);
    return scratch;
  }
  for (let x = 0; x < source.padWidth << 2; x += 4) store<u32>(scratch + x, source.colour);
  if (isConstant(source, y)) return scratch;
  const inner = scratch + (source.padX << 2);
  if (source.kind == 0) memory.copy(inner, source.pixels + row * source.stride, source.width << 2);
  else {
    yccRow(source, row, inner);
    // the converter writes whole groups of pixels: restore the border behind the picture
    const end = scratch + (source.padWidth << 2);
    for (let p = inner + (source.width << 2); p < end; p += 4) store<u32>(p, source.colour);
  }
  return scratch;
}
