// Blocks that the host writes into memory. All fields are 32 bit; pointers are byte addresses.
// The host's side of this file is src/adapters/preprocess/blocks.ts.

/** Where pixels come from. */
@unmanaged
export class Source {
  /** 0 RGBX, 1 YCbCr 4:4:4, 2 YCbCr 4:2:2, 3 YCbCr 4:2:0. */
  kind: i32;
  /** Size of the stored picture in pixels. */
  width: i32;
  height: i32;
  /** RGBX, or the Y plane, and bytes from row to row. */
  pixels: usize;
  stride: i32;
  /** Chroma planes, bytes from row to row, size of a plane. */
  cb: usize;
  cr: usize;
  chromaStride: i32;
  chromaWidth: i32;
  chromaHeight: i32;
  /** Scratch for two upsampled chroma rows and one column sum: 4 * width + 2 * chromaWidth + 320 bytes. */
  chromaRows: usize;
  /** The picture lies at (padX, padY) on a canvas of padWidth x padHeight of one colour (RGBX word). */
  padX: i32;
  padY: i32;
  padWidth: i32;
  padHeight: i32;
  colour: u32;
}

/** Filter of one axis for a window of the result. An axis that keeps its size has one weight of 2^22 per result. */
@unmanaged
export class Axis {
  /** Results in the window. */
  size: i32;
  /** Places for weights per result: even, and at least one more than any result uses. */
  taps: i32;
  /** i32 per result: first input sample. Never falls from result to result. */
  first: usize;
  /** i32 per result: input samples used, at least 1. */
  count: usize;
  /** i32 per result and tap: weight * 2^22. `pack` rewrites first, count and weights for the kernels. */
  weights: usize;
}

/** Working memory of `resize`. `wide`: results per row, rounded up to 16. */
@unmanaged
export class Work {
  /** Ring of rows filtered along x: `ringRows` (even, at least taps + 16) of `ringStride` bytes (a multiple of 16, at least 4 * wide). */
  ring: usize;
  ringRows: i32;
  ringStride: i32;
  /** One pointer per vertical tap. */
  rows: usize;
  /** Eight rows of source pixels, 4 * padWidth + 64 bytes each. */
  fetched: usize;
  /** SIMD only: 16 source rows as columns, 48 bytes for each pixel and 8 pixels more. */
  columns: usize;
  /** SIMD only: 16 rows filtered along x, 48 * wide bytes. */
  narrow: usize;
  /** SIMD only: a finished row as planes, 3 * wide bytes. */
  planes: usize;
  /** A finished row, 4 * wide bytes. */
  spare: usize;
}

/** Where a finished row of RGBX goes besides the picture itself. */
@unmanaged
export class Sink {
  /** 1 u8 HWC, 2 u8 CHW, 3 f32 tiles of CHW, 4 f32 patches as Qwen cuts them. */
  kind: i32;
  out: usize;
  /** Size of the picture in pixels. */
  width: i32;
  height: i32;
  /** Kind 3: size of a tile. Kind 4: patch and merge. */
  a: i32;
  b: i32;
  /** Kind 4: temporal copies. */
  c: i32;
  /** Normalisation block. */
  norm: usize;
}

/** y = (u / divisor - mean) / deviation in f32; the table at +32 holds the same for u = 0..255 per channel. */
@unmanaged
export class Norm {
  /** Not 0: only the table is right (an order of operations that the formula does not have). */
  tableOnly: i32;
  divisor: f32;
  mean0: f32;
  mean1: f32;
  mean2: f32;
  deviation0: f32;
  deviation1: f32;
  deviation2: f32;
}
/** Bytes of the Norm fields; 3 * 256 f32 follow, channel by channel. */
export const NORM_TABLE: usize = 32;

/** Fraction bits of the weights. */
export const BITS: i32 = 22;
export const HALF: i32 = 1 << (BITS - 1);
