import type { InputPlan, Rect } from '../domain/prepare';
import type { Result } from '../domain/result';

/** What may be chosen for a family. Drives the form, the link and validation alike. */
export type Param =
  | {
      readonly kind: 'number';
      readonly label: string;
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly initial: number;
    }
  | {
      readonly kind: 'choice';
      readonly label: string;
      readonly options: readonly string[];
      readonly initial: string;
    }
  | { readonly kind: 'switch'; readonly label: string; readonly initial: boolean }
  /** Three numbers for red, green and blue: "0.5,0.5,0.5"; or "none" where that is allowed. */
  | {
      readonly kind: 'rgb';
      readonly label: string;
      readonly initial: string;
      readonly none?: boolean;
    };

export type Params = Readonly<Record<string, Param>>;
/** Values of such parameters, checked and complete. */
export type Values<P extends Params> = {
  readonly [K in keyof P]: P[K] extends { kind: 'number' }
    ? number
    : P[K] extends { kind: 'choice'; options: readonly (infer O)[] }
      ? O
      : P[K] extends { kind: 'switch' }
        ? boolean
        : string;
};

/** One way to turn pictures into what a model reads: data plus one pure function. README.md says how to add one. */
export interface Family<P extends Params = Params> {
  readonly title: string;
  readonly summary: string;
  readonly params: P;
  /**
   * What would be done with a picture of this size, without doing it.
   * Failures: image-shape (a shape the model cannot take).
   */
  plan(width: number, height: number, values: Values<P>): Result<Work>;
}

/** Gives a family its types; the table forgets them. */
export function family<const P extends Params>(row: Family<P>): Family {
  return row;
}

/** Everything the worker needs to carry out a plan. */
export interface Work {
  readonly plan: InputPlan;
  /** What becomes of transparency: dropped (the colour under it shows) or laid on white. */
  readonly alpha: Alpha;
  /** Picture 0 is the decoded source; step i makes picture i + 1 from an earlier one. */
  readonly steps: readonly Step[];
  /** What the runner reads, in order. */
  readonly outputs: readonly Output[];
  /** The picture to show to people. */
  readonly preview: number;
}

export type Alpha = 'drop' | 'white';
export type Filter = 'bilinear' | 'bicubic' | 'lanczos';
/** Whose rounding: Pillow's u8, torch's u8, or f32 throughout (preprocessing.md section 2). */
export type Backend = 'pil' | 'tv' | 'f32';
export type Rgb = readonly [number, number, number];

/** Resizes a part of a picture, keeps a window of the result, lays it on a canvas. */
export interface Step {
  readonly from: number;
  /** Part of `from` that is used. */
  readonly crop: Rect;
  /** The part lies at (x, y) on a canvas of one colour before it is resized. */
  readonly border?: Canvas;
  /** Size that the (bordered) part is resized to. */
  readonly width: number;
  readonly height: number;
  /** Part of the result that is kept; nothing else is computed. */
  readonly window?: Rect;
  /** The kept part lies at (x, y) on a canvas of one colour afterwards. */
  readonly canvas?: Canvas;
  readonly filter: Filter;
  readonly backend: Backend;
}

export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly colour: Rgb;
}

/** y = (u / divisor - mean) / deviation in one of three orders of operations, see `normTable`. */
export interface Norm {
  readonly order: 'A' | 'B' | 'C';
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** A picture cut into columns x rows frames in raster order. */
export interface Frames {
  readonly picture: number;
  readonly columns: number;
  readonly rows: number;
}

export type Output = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly layout: 'png'; readonly picture: number }
  | { readonly layout: 'hwc' | 'chw'; readonly picture: number }
  | { readonly layout: 'frames'; readonly frames: readonly Frames[]; readonly norm: Norm }
  | {
      readonly layout: 'patches';
      readonly picture: number;
      readonly patch: number;
      readonly merge: number;
      readonly temporal: number;
      readonly norm: Norm;
    }
  /** int64 values as they are, or one value everywhere. */
  | { readonly layout: 'numbers'; readonly values: readonly number[] | number }
);
