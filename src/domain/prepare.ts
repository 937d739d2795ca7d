import type { Result } from './result';

/** Turns a picture file into exactly the bytes a model reads. Implemented by adapters/preprocess (a worker). */
export interface Preparer {
  /**
   * Decodes, orients, resizes and lays out. Aborting ends the work at once.
   * Failures: image-not-image, image-damaged, image-too-large, image-shape, recipe-invalid, worker-failed, cancelled.
   */
  prepare(file: Blob, recipe: InputRecipe, signal: AbortSignal): Promise<Result<PreparedInput>>;
}

/** How to prepare: a row of families/ and its parameters. Part of every run link. */
export interface InputRecipe {
  /** Row of the families table, for example "square-png". */
  readonly family: string;
  /** Validated by the family. */
  readonly params: Readonly<Record<string, number | string | boolean>>;
}

/** What a family says about a picture of a given size before any work is done. */
export interface InputPlan {
  /** Part of the oriented source picture that the model sees, in source pixels. */
  readonly crop: Rect;
  /** Size in pixels of what goes to the model. */
  readonly width: number;
  readonly height: number;
  /** Tokens the picture takes in the model's context; undefined where only the runner knows. */
  readonly imageTokens: number | undefined;
  /** Bytes of all outputs together, before compression. */
  readonly bytes: number;
  /** Frames that the picture is cut into, in pixels of `width` x `height`, in order; empty when it stays whole. */
  readonly tiles: readonly Rect[];
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PreparedInput {
  readonly recipe: InputRecipe;
  readonly plan: InputPlan;
  /** The picture as it came. */
  readonly source: {
    readonly bytes: number;
    /** sha256 of the file. */
    readonly sha256: string;
    /** For example "image/jpeg", told from the content, not the name. */
    readonly type: string;
    /** Size after EXIF orientation was applied. */
    readonly width: number;
    readonly height: number;
    /** sha256 of the oriented RGB bytes, rows top to bottom, no padding. */
    readonly rgbSha256: string;
  };
  /** What the runner reads. */
  readonly outputs: readonly PreparedOutput[];
  /** What the model will see, as a picture for people (PNG). Made smaller when it has more than 4 megapixels. */
  readonly preview: Blob;
  /** "exact" when this browser's decoder passed the start-up self-check, else "differs". */
  readonly decoder: 'exact' | 'differs';
  /** Which twin of the WASM core ran. */
  readonly core: 'simd' | 'scalar';
  readonly tookMs: number;
}

export interface PreparedOutput {
  /** For example "image.png" or "pixel_values". */
  readonly name: string;
  readonly dtype: 'png' | 'uint8' | 'float32' | 'int64';
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  /** sha256 of what the model computes on: the RGB pixels for a PNG, the bytes themselves for a tensor. */
  readonly sha256: string;
}
