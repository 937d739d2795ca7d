import { encodePngStored } from '../preprocess/png';

/** Pixels of a planar float tensor [3][size][size] as a PNG file. `toByte` undoes the model's normalisation. */
export async function planarToPng(
  data: Uint8Array,
  size: number,
  toByte: (value: number, channel: number) => number,
): Promise<Uint8Array> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const plane = size * size;
  const rgb = new Uint8Array(plane * 3);
  for (let c = 0; c < 3; c += 1)
    for (let i = 0; i < plane; i += 1) {
      const value = toByte(view.getFloat32((c * plane + i) * 4, true), c);
      rgb[i * 3 + c] = Math.max(0, Math.min(255, Math.round(value)));
    }
  return encodePngStored(rgb, size, size);
}

/** Shrinks interleaved RGB by a whole number, each pixel the mean of its block. */
export function shrink(rgb: Uint8Array, size: number, by: number): Uint8Array {
  const side = Math.floor(size / by);
  const out = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1)
      for (let c = 0; c < 3; c += 1) {
        let sum = 0;
        for (let j = 0; j < by; j += 1)
          for (let i = 0; i < by; i += 1)
            sum += rgb[((y * by + j) * size + x * by + i) * 3 + c] ?? 0;
        out[(y * side + x) * 3 + c] = Math.round(sum / (by * by));
      }
  return out;
}
