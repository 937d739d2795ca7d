import { fail, ok, type Result } from '../../domain/result';
import { placeRgbx, type Decoded } from './decode';
import { Bytes, type Header } from './header';

/** The first picture of a GIF: indices and colours. */
interface Frame {
  readonly indices: Uint8Array;
  /** 256 RGBA words; the transparent one has alpha 0. */
  readonly palette: Uint32Array;
}

/**
 * The first frame of a GIF as Pillow sees it: transparent pixels keep the colour of their palette entry, which browsers
 * throw away. Source: GIF89a specification. Failures: image-damaged.
 */
export function decodeGif(file: Uint8Array, header: Header): Result<Decoded> {
  const { width, height } = header;
  const frame = readFrame(new Bytes(file), width, height);
  if (!frame.ok) return frame;
  const { indices, palette } = frame.value;
  return ok({
    ...{ width, height, orientation: 1, alpha: true, by: 'gif' },
    close: () => undefined,
    place: (core, arena) => {
      const picture = placeRgbx(arena, width, height);
      const load = async () => {
        const words = new Uint32Array(core.memory.buffer, picture.pixels, width * height);
        for (let i = 0; i < words.length; i++) words[i] = palette[indices[i]!]!;
        return ok();
      };
      return { picture, load };
    },
  });
}

/** Walks the blocks to the first image. */
function readFrame(bytes: Bytes, width: number, height: number): Result<Frame> {
  const flags = bytes.u8(10);
  const globalSize = flags & 0x80 ? 2 << (flags & 7) : 0;
  let transparent: number | undefined;
  for (let at = 13 + globalSize * 3; at < bytes.length;) {
    const kind = bytes.u8(at);
    if (kind === 0x21) {
      if (bytes.u8(at + 1) === 0xf9 && bytes.u8(at + 3) & 1) transparent = bytes.u8(at + 6);
      at = skipBlocks(bytes, at + 2);
    } else if (kind === 0x2c) {
      return readImage(bytes, at, { width, height, globalSize, transparent });
    } else break;
  }
  return fail('image-damaged', 'the GIF holds no picture');
}

function skipBlocks(bytes: Bytes, at: number): number {
  while (at < bytes.length && bytes.u8(at) !== 0) at += 1 + bytes.u8(at);
  return at + 1;
}

interface Screen {
  readonly width: number;
  readonly height: number;
  readonly globalSize: number;
  readonly transparent: number | undefined;
}

function readImage(bytes: Bytes, at: number, screen: Screen): Result<Frame> {
  const [x, y] = [bytes.u16(at + 1, true), bytes.u16(at + 3, true)];
  const [w, h] = [bytes.u16(at + 5, true), bytes.u16(at + 7, true)];
  const flags = bytes.u8(at + 9);
  const localSize = flags & 0x80 ? 2 << (flags & 7) : 0;
  if (x + w > screen.width || y + h > screen.height)
    return fail('image-damaged', 'the GIF has a frame outside its screen');
  const data = at + 10 + localSize * 3;
  const pixels = inflateLzw(bytes, data, w * h);
  if (!pixels) return fail('image-damaged', 'the GIF is cut off or corrupt');
  // What the frame leaves free is transparent, or colour 0; as Pillow's GifImagePlugin.load_prepare.
  const indices = new Uint8Array(screen.width * screen.height).fill(screen.transparent ?? 0);
  rowOrder(h, (flags & 0x40) !== 0).forEach((row, i) =>
    indices.set(pixels.subarray(i * w, (i + 1) * w), (y + row) * screen.width + x),
  );
  const palette = localSize
    ? readPalette(bytes, at + 10, localSize)
    : readPalette(bytes, 13, screen.globalSize);
  if (screen.transparent !== undefined) palette[screen.transparent]! &= 0xffffff;
  return ok({ indices, palette });
}

/** Without a palette, an index is a grey. */
function readPalette(bytes: Bytes, at: number, size: number): Uint32Array {
  const palette = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const p = at + i * 3;
    const rgb =
      size === 0 ? i * 0x010101 : bytes.u8(p) | (bytes.u8(p + 1) << 8) | (bytes.u8(p + 2) << 16);
    palette[i] = ((size === 0 || i < size ? rgb : 0) | 0xff000000) >>> 0;
  }
  return palette;
}

/** Rows in the order in which they are stored. */
function rowOrder(height: number, interlaced: boolean): number[] {
  const passes = interlaced
    ? ([
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ] as const)
    : [[0, 1] as const];
  return passes.flatMap(([from, step]) => {
    const rows: number[] = [];
    for (let y: number = from; y < height; y += step) rows.push(y);
    return rows;
  });
}

const MAX_CODES = 4096;

/** GIF's LZW. Undefined: the data ends early or holds a code that cannot be. */
function inflateLzw(bytes: Bytes, at: number, length: number): Uint8Array | undefined {
  const bits = bytes.u8(at);
  if (bits < 1 || bits > 11) return undefined;
  const clear = 1 << bits;
  const prefix = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  for (let i = 0; i < clear; i++) [last[i], lengths[i]] = [i, 1];
  const out = new Uint8Array(length);
  const codes = readCodes(bytes, at + 1);
  let [filled, size, next, before] = [0, bits + 1, clear + 2, -1];
  while (filled < length) {
    const code = codes(size);
    if (code === undefined || code === clear + 1) return undefined;
    if (code === clear) {
      [size, next, before] = [bits + 1, clear + 2, -1];
      continue;
    }
    if (code > next || (code === next && before < 0) || (before < 0 && code >= clear))
      return undefined;
    // A code that is not defined yet is the string before, and its first byte once more.
    const string = code === next ? before : code;
    const n = lengths[string]! + (code === next ? 1 : 0);
    const end = Math.min(filled + lengths[string]!, length);
    let walk = string;
    for (let i = filled + lengths[string]! - 1; i >= filled; i--, walk = prefix[walk]!)
      if (i < end) out[i] = last[walk]!;
    const first = out[filled]!;
    if (code === next && filled + n <= length) out[filled + n - 1] = first;
    if (before >= 0 && next < MAX_CODES) {
      prefix[next] = before;
      last[next] = first;
      lengths[next] = lengths[before]! + 1;
      next++;
      if (next === 1 << size && size < 12) size++;
    }
    before = code;
    filled += n;
  }
  return out;
}

/** Reads codes of any width, low bits first, across the data's sub-blocks. */
function readCodes(bytes: Bytes, at: number): (size: number) => number | undefined {
  let [pool, held, left] = [0, 0, 0];
  return (size) => {
    while (held < size) {
      if (left === 0) {
        if (at >= bytes.length || bytes.u8(at) === 0) return undefined;
        left = bytes.u8(at++);
      }
      if (at >= bytes.length) return undefined;
      pool |= bytes.u8(at++) << held;
      held += 8;
      left--;
    }
    const code = pool & ((1 << size) - 1);
    pool >>>= size;
    held -= size;
    return code;
  };
}
