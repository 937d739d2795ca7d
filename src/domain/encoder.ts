import type { Result } from './result';

/** Runs an image encoder from an ONNX file in the page: a second engine beside the phone's. Implemented by adapters/encoder (a worker). */
export interface VisionEncoder {
  /**
   * What the file takes and gives. Failures: encoder-invalid (no ONNX, cut off, too large, weights in another file),
   * encoder-shape (other inputs or outputs than those of an image encoder), worker-failed, cancelled.
   */
  inspect(model: Blob, signal: AbortSignal): Promise<Result<EncoderShape>>;
  /** Loads it once and encodes the pictures in order. Failures: those of `inspect`, and encoder-failed. */
  encode(job: EncodeJob, signal: AbortSignal): Promise<Result<Encoded>>;
}

/** Largest ONNX file, in bytes: WASM has 4 GiB, and the file, the graph and the values between its layers lie there side by side. */
export const MAX_ENCODER_BYTES = 1 << 30;

/** The one input that an image encoder has: float32 [1, 3, height, width]. Undefined: the file leaves it open. */
export interface EncoderShape {
  readonly input: string;
  readonly height: number | undefined;
  readonly width: number | undefined;
}

export interface EncodeJob {
  readonly model: Blob;
  readonly pictures: readonly PixelTensor[];
}

/** Prepared pixels: float32 little-endian, [1, 3, height, width]. */
export interface PixelTensor {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface Encoded {
  /** For example "onnxruntime-web 1.30.0 (WASM SIMD, 1 thread)". */
  readonly engine: string;
  /** Tokens of each picture, and values of each token. */
  readonly rows: number;
  readonly width: number;
  /** [rows][width] of each picture. */
  readonly embeddings: readonly Float32Array[];
  readonly loadMs: number;
  readonly encodeMs: number;
}
