import { fromHalf, toHalf } from '../../src/domain/half';

/** Damages the weights of a GGUF file, header intact. Format: ggml-org/ggml docs/gguf.md; block sizes: ggml-common.h. */

export interface TensorPlace {
  readonly name: string;
  readonly type: 'f32' | 'f16' | 'q8_0';
  /** Byte offset in the file, and length in bytes. */
  readonly at: number;
  readonly bytes: number;
}

const TYPES = { 0: 'f32', 1: 'f16', 8: 'q8_0' } as const;
/** Bytes of a block, and values in it. q8_0: an f16 scale, then 32 signed bytes. */
const BLOCKS = { f32: [4, 1], f16: [2, 1], q8_0: [34, 32] } as const;
const SCALARS: Readonly<Record<number, number>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 },
};

class Reader {
  at = 0;
  readonly view: DataView;
  constructor(file: Uint8Array) {
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }
  u32 = () => this.view.getUint32((this.at += 4) - 4, true);
  u64 = () => Number(this.view.getBigUint64((this.at += 8) - 8, true));
  text(): string {
    const bytes = this.u64();
    this.at += bytes;
    const { buffer, byteOffset } = this.view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + this.at - bytes, bytes));
  }
  skip(type: number): void {
    if (type === 8) this.text();
    else if (type === 9) {
      const item = this.u32();
      for (let left = this.u64(); left > 0; left--) this.skip(item);
    } else this.at += SCALARS[type] ?? NaN;
  }
}

/** Where each tensor lies. The files of these tests have no alignment of their own: 32. */
export function tensorsOf(file: Uint8Array): readonly TensorPlace[] {
  const reader = new Reader(file);
  reader.at = 8;
  const [tensors, keys] = [reader.u64(), reader.u64()];
  for (let i = 0; i < keys; i++) {
    reader.text();
    reader.skip(reader.u32());
  }
  const found = Array.from({ length: tensors }, () => {
    const name = reader.text();
    const values = Array.from({ length: reader.u32() }, reader.u64).reduce((a, b) => a * b, 1);
    const type = TYPES[reader.u32() as keyof typeof TYPES];
    const [blockBytes, blockValues] = BLOCKS[type];
    return { name, type, at: reader.u64(), bytes: (values / blockValues) * blockBytes };
  });
  const base = Math.ceil(reader.at / 32) * 32;
  return found.map((tensor) => ({ ...tensor, at: base + tensor.at }));
}

/** A copy of the file in which `change` has been at the bytes of one tensor. */
export function damaged(
  file: Uint8Array,
  name: string,
  change: (bytes: Uint8Array, tensor: TensorPlace) => void,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(file);
  const tensor = tensorsOf(copy).find((one) => one.name === name);
  if (!tensor) throw new Error(`no tensor ${name}`);
  change(copy.subarray(tensor.at, tensor.at + tensor.bytes), tensor);
  return copy;
}

export const zeroed = (bytes: Uint8Array) => void bytes.fill(0);

/** Flips one bit of every `step`th byte. */
export const flipped =
  (bit: number, step: number, count = Infinity) =>
  (bytes: Uint8Array) => {
    for (let at = step >> 1, i = 0; at < bytes.length && i < count; at += step, i++)
      bytes[at]! ^= 1 << bit;
  };

/** Multiplies all values by `factor`; of q8_0 only the scales, which are f16. */
export const scaled = (factor: number) => (bytes: Uint8Array, tensor: TensorPlace) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [step] = BLOCKS[tensor.type];
  for (let at = 0; at < bytes.length; at += step)
    if (tensor.type === 'f32') view.setFloat32(at, view.getFloat32(at, true) * factor, true);
    else view.setUint16(at, toHalf(fromHalf(view.getUint16(at, true)) * factor), true);
};
