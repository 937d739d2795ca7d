// Whole pictures of RGBX or RGBA words.

/** Composites RGBA over white in place: t = c*a + 255*(255-a) + 128; (t + (t >> 8)) >> 8. */
export function flatten(pixels: usize, count: i32): void {
  const end = pixels + (count << 2);
  for (let p = pixels; p < end; p += 4) {
    const a = <i32>load<u8>(p, 3);
    if (a == 255) continue;
    const under = 255 * (255 - a) + 128;
    let t = <i32>load<u8>(p) * a + under; store<u8>(p, <u8>((t + (t >> 8)) >> 8));
    t = <i32>load<u8>(p, 1) * a + under; store<u8>(p, <u8>((t + (t >> 8)) >> 8), 1);
    t = <i32>load<u8>(p, 2) * a + under; store<u8>(p, <u8>((t + (t >> 8)) >> 8), 2);
  }
}

/** BGRX to RGBX in place. */
export function swapRedBlue(pixels: usize, count: i32): void {
  const end = pixels + (count << 2);
  for (let p = pixels; p < end; p += 4) {
    const v = load<u32>(p);
    store<u32>(p, (v & 0xff00ff00) | ((v >> 16) & 0xff) | ((v & 0xff) << 16));
  }
}

/** Blocks keep both pictures in the cache when rows become columns. */
const BLOCK: i32 = 16;

/** Applies EXIF orientation 2..8: `width` x `height` as stored; 5..8 come out `height` x `width`. No padding between rows. */
export function orient(pixels: usize, width: i32, height: i32, out: usize, orientation: i32): void {
  const turned = orientation > 4, w = turned ? height : width, h = turned ? width : height;
  const right = width - 1, bottom = height - 1;
  // where the result's first pixel comes from, and how the source moves with the result's x and y
  const fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const fromBottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const start = (fromRight ? right : 0) + (fromBottom ? bottom : 0) * width;
  const alongX = fromRight ? -1 : 1, alongY = fromBottom ? -width : width;
  const dx = turned ? alongY : alongX, dy = turned ? alongX : alongY;
  for (let by = 0; by < h; by += BLOCK) for (let bx = 0; bx < w; bx += BLOCK) {
    const yEnd = min(by + BLOCK, h), xEnd = min(bx + BLOCK, w);
    for (let y = by; y < yEnd; y++) for (let x = bx; x < xEnd; x++) {
      store<u32>(out + ((y * w + x) << 2), load<u32>(pixels + ((start + x * dx + y * dy) << 2)));
    }
  }
}
