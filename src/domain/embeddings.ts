import type { Result } from './result';

/** What a row of embeddings looks like at a glance: a wrong file or a wrong scale is seen here first. */
export interface RowStats {
  readonly rows: number;
  /** Smallest, mean and largest Euclidean norm of a row. */
  readonly minNorm: number;
  readonly meanNorm: number;
  readonly maxNorm: number;
  /** Rows of nothing but zeros, and rows with a value that is not finite. */
  readonly zeroRows: number;
  readonly badRows: number;
}

/** Euclidean norm of each row of `width`. */
export function rowNorms(values: Float32Array, width: number): Float64Array {
  const norms = new Float64Array(Math.floor(values.length / width));
  for (let row = 0; row < norms.length; row++) {
    let sum = 0;
    for (let i = row * width, end = i + width; i < end; i++) sum += values[i]! * values[i]!;
    norms[row] = Math.sqrt(sum);
  }
  return norms;
}

/** Norms of rows, summed up. Rows that are not finite count as bad and nowhere else. */
export function rowStats(values: Float32Array, width: number): RowStats {
  const norms = [...rowNorms(values, width)];
  const good = norms.filter(Number.isFinite);
  return {
    rows: norms.length,
    minNorm: good.reduce((least, norm) => Math.min(least, norm), good[0] ?? 0),
    meanNorm: good.reduce((sum, norm) => sum + norm, 0) / Math.max(1, good.length),
    maxNorm: good.reduce((most, norm) => Math.max(most, norm), 0),
    zeroRows: norms.filter((norm) => norm === 0).length,
    badRows: norms.length - good.length,
  };
}

export type FloatType = 'float32' | 'float16';

/** The part of a Blob that is used: a file on disk is read row by row, never whole. */
export type Ranges = Pick<Blob, 'size' | 'slice'>;

/** Puts the picture's embeddings between those of the text, as Genie reads them. Implemented by adapters/embeddings (a worker). */
export interface Combiner {
  /**
   * Rows of the text before the picture, of the picture, of the text after it.
   * Failures: embeddings-invalid (a file of another size than the model's, or with values that are not finite),
   * context-too-small, worker-failed, cancelled.
   */
  combine(job: CombineJob, signal: AbortSignal): Promise<Result<Combined>>;
}

export interface CombineJob {
  readonly model: EmbeddingShape;
  /** What the vision encoder wrote. */
  readonly vision: VisionOutput;
  readonly text: TextSource;
  /** Ids of the prompt before and after the picture. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface EmbeddingShape {
  /** Values a token, for example 896. */
  readonly width: number;
  /** Rows that a picture makes, for example 256. */
  readonly imageRows: number;
  /** Rows of the embedding table, for example 151936. */
  readonly vocabulary: number;
  /** Tokens that fit, answer included. */
  readonly context: number;
}

export interface VisionOutput {
  readonly file: Ranges;
  /** For a quantised output (u8): value = (q + offset) * scale. Absent: f32. */
  readonly quantised?: { readonly scale: number; readonly offset: number };
}

export type TextSource =
  /** The embedding table (LUT) that lies beside the decoder, f32 or f16. The result has its type, as Genie wants. */
  | { readonly kind: 'table'; readonly file: Ranges }
  /** What the text encoder wrote for the ids before and after, without a gap, and padding behind; f32 or f16. */
  | { readonly kind: 'encoder'; readonly file: Ranges; readonly output: FloatType };

export interface Combined {
  /** combined_embeddings.raw: `rows` of `width`, little-endian, no header. */
  readonly data: Uint8Array;
  readonly dtype: FloatType;
  readonly rows: number;
  readonly width: number;
  readonly sha256: string;
  /** What is left of the context for the answer. */
  readonly maxNewTokens: number;
  readonly image: RowStats;
  readonly text: RowStats;
}
