/**
 * The simulation's own cargo: the original programs hand embeddings from one to the next, these hand over the picture and
 * the words, one byte in each float, so that the answer comes from what the page really sent. Exact in float16, too.
 */
const MAGIC = [80, 76, 83, 71, 1995] as const; // "PLSG" and a number that no byte is

/** Puts bytes into floats from the start; false when they do not fit. */
export function load(into: Float32Array, bytes: Uint8Array): boolean {
  const head = MAGIC.length + 4;
  if (into.length < head + bytes.length) return false;
  into.set(MAGIC);
  for (let i = 0; i < 4; i += 1) into[MAGIC.length + i] = (bytes.length >>> (8 * i)) & 255;
  into.set(bytes, head);
  return true;
}

/** Takes the bytes out again; undefined when these floats carry none. */
export function unload(from: ArrayLike<number>): Uint8Array<ArrayBuffer> | undefined {
  if (!MAGIC.every((value, i) => from[i] === value)) return undefined;
  let size = 0;
  for (let i = 3; i >= 0; i -= 1) size = size * 256 + (from[MAGIC.length + i] ?? 0);
  const head = MAGIC.length + 4;
  if (!Number.isInteger(size) || size < 0 || head + size > from.length) return undefined;
  return Uint8Array.from({ length: size }, (_, i) => from[head + i] ?? 0);
}

/** Where cargo begins in a list of rows; undefined: nowhere. */
export function findRow(values: Float32Array, width: number): number | undefined {
  for (let row = 0; row * width < values.length; row += 1)
    if (unload(values.subarray(row * width))) return row;
  return undefined;
}
