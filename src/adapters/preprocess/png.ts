/** CRC-32 of PNG chunks, four bytes per step. Polynomial and definition: PNG specification, annex D. */
const TABLES = Array.from({ length: 4 }, () => new Uint32Array(256));
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  TABLES[0]![n] = c;
}
for (let n = 0; n < 256; n++)
  for (let k = 1; k < 4; k++) {
    const before = TABLES[k - 1]![n]!;
    TABLES[k]![n] = (before >>> 8) ^ TABLES[0]![before & 255]!;
  }

export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const [t0, t1, t2, t3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let c = 0xffffffff;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = t3[c & 255]! ^ t2[(c >>> 8) & 255]! ^ t1[(c >>> 16) & 255]! ^ t0[c >>> 24]!;
  }
  for (; i < to; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 255]!;
  return (c ^ 0xffffffff) >>> 0;
}

/** A lossless 8-bit RGB PNG without any metadata. `rgb`: rows top to bottom, no padding. */
export async function encodePng(
  rgb: Uint8Array,
  width: number,
  height: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return assemble(width, height, await deflate(filterRows(rgb, width, height)));
}

/** The same without compression: many times as fast, for pictures that only this page will show. */
export async function encodePngStored(
  rgb: Uint8Array,
  width: number,
  height: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const stride = width * 3;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++)
    rows.set(rgb.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return assemble(width, height, store(rows));
}

async function assemble(
  width: number,
  height: number,
  data: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2], 8); // 8 bits, RGB; deflate, adaptive filters, not interlaced
  const parts = [chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array())];
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  return new Uint8Array(await new Blob([signature, ...parts]).arrayBuffer());
}

/** Each row with the filter (Sub or Up) that leaves the smaller differences. */
function filterRows(rgb: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  const stride = width * 3;
  const out = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    const filter = y > 0 && cost(rgb, row, stride, stride) < cost(rgb, row, stride, 3) ? 2 : 1;
    const back = filter === 2 ? stride : 3;
    const to = y * (stride + 1);
    out[to] = filter;
    for (let x = 0; x < stride; x++) {
      const before = filter === 2 || x >= 3 ? rgb[row + x - back]! : 0;
      out[to + 1 + x] = rgb[row + x]! - before;
    }
  }
  return out;
}

/** Sum of differences to the byte `back` before, for every fourth pixel. */
function cost(rgb: Uint8Array, row: number, stride: number, back: number): number {
  let sum = 0;
  for (let x = 3; x < stride; x += 12) {
    const d = (rgb[row + x]! - rgb[row + x - back]! + 256) & 255;
    sum += d < 128 ? d : 256 - d;
  }
  return sum;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Largest stored block. RFC 1951 section 3.2.4. */
const BLOCK = 65_535;

/** A zlib stream of stored blocks. RFC 1950. */
function store(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  const out = new Uint8Array(2 + bytes.length + 5 * blocks + 4);
  const view = new DataView(out.buffer);
  out.set([0x78, 0x01]);
  let at = 2;
  for (let i = 0; i < blocks; i++) {
    const part = bytes.subarray(i * BLOCK, (i + 1) * BLOCK);
    out[at] = i === blocks - 1 ? 1 : 0;
    view.setUint16(at + 1, part.length, true);
    view.setUint16(at + 3, part.length ^ 0xffff, true);
    out.set(part, at + 5);
    at += 5 + part.length;
  }
  view.setUint32(at, adler32(bytes));
  return out;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length;) {
    // 5552: the most steps before b could pass 32 bits
    for (const end = Math.min(i + 5552, bytes.length); i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes, 4, 8 + data.length));
  return bytes;
}
