/** The size of a phone's photo: 12 megapixels. */
export const WIDTH = 4032;
export const HEIGHT = 3024;
/** What the photo is resized to: FastVLM's square, and a PNG at Qwen's size. */
export const TARGETS = [
  [1024, 1024],
  [1008, 756],
] as const;
/** Qwen2.5-VL, at most 1 003 520 pixels. */
export const QWEN = { width: 1148, height: 840, maxPixels: 1_003_520 } as const;

/** A photo-like RGBA picture: noise at many scales, and hard edges. */
export function photo(): Uint8ClampedArray<ArrayBuffer> {
  const sums = new Float32Array(WIDTH * HEIGHT * 3).fill(118);
  for (const [cells, strength] of [
    [8, 60],
    [32, 45],
    [128, 30],
    [512, 20],
    [2016, 14],
    [4032, 10],
  ] as const)
    addNoise(sums, cells, strength);
  const rgba = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0, i = 0, o = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, o += 4) {
      const edge = (Math.floor(x / 97) + Math.floor(y / 61)) % 7 === 0;
      for (let c = 0; c < 3; c++, i++) rgba[o + c] = edge ? 255 - sums[i]! : sums[i]!;
      rgba[o + 3] = 255;
    }
  return rgba;
}

/** Smooth noise of `cells` cells across, the same every time. */
function addNoise(sums: Float32Array, cells: number, strength: number): void {
  const down = Math.ceil((cells * 3) / 4) + 2;
  const grid = new Float32Array((cells + 2) * down * 3);
  for (let i = 0, state = cells; i < grid.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    grid[i] = ((state >>> 8) / 2 ** 24 - 0.5) * 3.4 * strength;
  }
  const row = (cells + 2) * 3;
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    const v = (y / WIDTH) * cells;
    const [y0, fy] = [Math.floor(v), v - Math.floor(v)];
    for (let x = 0; x < WIDTH; x++) {
      const u = (x / WIDTH) * cells;
      const at = y0 * row + Math.floor(u) * 3;
      const fx = u - Math.floor(u);
      for (let c = 0; c < 3; c++, i++) {
        const top = grid[at + c]! * (1 - fx) + grid[at + c + 3]! * fx;
        const bottom = grid[at + row + c]! * (1 - fx) + grid[at + row + c + 3]! * fx;
        sums[i]! += top * (1 - fy) + bottom * fy;
      }
    }
  }
}
