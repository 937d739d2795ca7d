// What the benchmark uses of packages that are installed only for it (bench/peers/package.json).
declare module 'pica' {
  interface Pica {
    init(): Promise<unknown>;
    resizeBuffer(options: {
      src: Uint8Array | Uint8ClampedArray;
      width: number;
      height: number;
      toWidth: number;
      toHeight: number;
      filter: string;
    }): Promise<Uint8Array>;
  }
  export default function pica(options: { features: string[] }): Pica;
}
declare module '@jsquash/resize' {
  export function initResize(module: ArrayBuffer): Promise<unknown>;
  export default function resize(
    image: ImageData,
    options: Record<string, number | string | boolean>,
  ): Promise<ImageData>;
}
declare module '@huggingface/transformers' {
  export class RawImage {
    constructor(data: Uint8ClampedArray, width: number, height: number, channels: number);
    static fromBlob(blob: Blob): Promise<RawImage>;
  }
  type Processor = (images: RawImage[]) => Promise<{ pixel_values: { data: Float32Array } }>;
  export const Qwen2VLImageProcessor: new (config: Record<string, unknown>) => Processor;
}
declare module 'sharp' {
  interface Sharp {
    resize(width: number, height: number, options: Record<string, unknown>): Sharp;
    raw(): Sharp;
    toBuffer(): Promise<Uint8Array>;
  }
  interface Static {
    (
      input: Uint8Array,
      options: { raw: { width: number; height: number; channels: number } },
    ): Sharp;
    concurrency(threads: number): number;
  }
  const sharp: Static;
  export default sharp;
}
