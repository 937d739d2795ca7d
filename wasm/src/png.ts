// PNG scanlines to RGBX. Source: PNG specification, sections 9 (filters) and 7.2 (scanlines).

/** Undoes the filters of `rows` scanlines of 1 + `rowBytes` bytes in place. `step`: bytes per whole pixel, at least 1. False: an unknown filter. */
export function unfilter(lines: usize, rowBytes: i32, rows: i32, step: i32): bool {
  let above: usize = 0;
  for (let y = 0; y < rows; y++) {
    const line = lines + 1;
    const filter = load<u8>(lines);
    if (filter == 1) {
      for (let x = step; x < rowBytes; x++) store<u8>(line + x, load<u8>(line + x) + load<u8>(line + x - step));
    } else if (filter == 2) {
      if (above) for (let x = 0; x < rowBytes; x++) store<u8>(line + x, load<u8>(line + x) + load<u8>(above + x));
    } else if (filter == 3) {
      for (let x = 0; x < rowBytes; x++) {
        const left = x < step ? 0 : <i32>load<u8>(line + x - step), up = above ? <i32>load<u8>(above + x) : 0;
        store<u8>(line + x, <u8>(<i32>load<u8>(line + x) + ((left + up) >> 1)));
      }
    } else if (filter == 4) {
      for (let x = 0; x < rowBytes; x++) {
        const left = x < step ? 0 : <i32>load<u8>(line + x - step), up = above ? <i32>load<u8>(above + x) : 0;
        const corner = x < step || !above ? 0 : <i32>load<u8>(above + x - step);
        store<u8>(line + x, <u8>(<i32>load<u8>(line + x) + paeth(left, up, corner)));
      }
    } else if (filter != 0) return false;
    above = line;
    lines += rowBytes + 1;
  }
  return true;
}

// @ts-ignore: decorator
@inline function paeth(a: i32, b: i32, c: i32): i32 {
  const pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/**
 * One unfiltered scanline to RGBA pixels, one every `step` bytes from `out`.
 * As Pillow's convert("RGB"): the high byte of 16-bit samples, but min(v, 255) for 16-bit grey; grey of 2 and 4 bits is scaled.
 * `palette`: 256 RGBA words. `clear`: the colour that tRNS makes transparent, as 0xRRGGBB of the 8-bit result, or -1.
 */
export function expand(line: usize, width: i32, colourType: i32, depth: i32, palette: usize, clear: i32, out: usize, step: i32): void {
  for (let x = 0; x < width; x++, out += step) {
    let r: u32 = 0, g: u32 = 0, b: u32 = 0, a: u32 = 255;
    if (colourType == 3) {
      store<u32>(out, load<u32>(palette + (sample(line, x, depth) << 2)));
      continue;
    }
    const wide = depth == 16;
    if (colourType == 0) {
      if (wide) { const v = (<u32>load<u8>(line + 2 * x) << 8) | load<u8>(line + 2 * x + 1); r = min(v, 255); }
      else r = sample(line, x, depth) * (255 / ((1 << depth) - 1));
      g = r; b = r;
    } else if (colourType == 4) {
      const p = line + x * (wide ? 4 : 2);
      r = load<u8>(p); g = r; b = r; a = load<u8>(p + (wide ? 2 : 1));
    } else {
      const n = wide ? 2 : 1, p = line + x * n * (colourType == 6 ? 4 : 3);
      r = load<u8>(p); g = load<u8>(p + n); b = load<u8>(p + 2 * n);
      if (colourType == 6) a = load<u8>(p + 3 * n);
    }
    if (<i32>((r << 16) | (g << 8) | b) == clear) a = 0;
    store<u32>(out, r | (g << 8) | (b << 16) | (a << 24));
  }
}

/** Sample x of 1, 2, 4 or 8 bits, the first in the highest bits. */
// @ts-ignore: decorator
@inline function sample(line: usize, x: i32, depth: i32): u32 {
  if (depth == 8) return load<u8>(line + x);
  const bit = x * depth;
  return (load<u8>(line + (bit >> 3)) >> <u8>(8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
