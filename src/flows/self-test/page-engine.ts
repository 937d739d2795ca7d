import type { BundleSource } from '../../domain/bundle';
import type { PixelTensor, VisionEncoder } from '../../domain/encoder';
import type { InputRecipe, Preparer } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import type { Check } from '../../domain/self-test';
import type { Case } from './cases';
import { readPixelScale, type PixelScale } from './mmproj';
import { readPageFile } from './page-files';

/** An ONNX encoder that the user picked and that was inspected: it takes a square of this many pixels. */
export interface OwnEncoder {
  readonly file: Blob;
  readonly size: number;
}

/** What the page computed of one picture: `values` is [rows][width]. */
export interface PageTable {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

interface Parts {
  readonly source: BundleSource;
  readonly encoder?: OwnEncoder;
}
interface Tools {
  readonly preparer: Preparer;
  readonly encoder: VisionEncoder;
}

/** The second engine: computes all pictures in the page, once, and only when the phone has something to compare. */
export class PageEngine {
  /** Why there can be no second engine for this model; undefined: there can. */
  readonly impossible: string | undefined;
  /** False for an encoder of the user's, which may belong to another model. */
  readonly trusted: boolean;
  readonly #parts: Parts;
  readonly #tools: Tools;
  readonly #cases: readonly Case[];
  #tables: readonly PageTable[] | undefined;

  constructor(parts: Parts, tools: Tools, cases: readonly Case[]) {
    this.#parts = parts;
    this.#tools = tools;
    this.#cases = cases;
    this.trusted = !parts.encoder;
    const known = parts.encoder ?? parts.source.manifest.model?.selfTest?.encoder;
    this.impossible = known ? undefined : 'No ONNX encoder of this model is at hand';
  }

  /** Undefined: an encoder of the user's that cannot be computed, which has been told. */
  async *tables(
    signal: AbortSignal,
  ): AsyncGenerator<Check, Result<readonly PageTable[] | undefined>, void> {
    if (this.#tables) return ok(this.#tables);
    yield { kind: 'engine', is: 'now' };
    const made = await this.#compute(signal);
    if (!made.ok) {
      const { failure } = made;
      if (this.trusted || !/^encoder-/.test(failure.code)) return made;
      yield { kind: 'engine', is: 'unknown', failure };
      return ok(undefined);
    }
    const { engine, loadMs, encodeMs, rows, width, embeddings } = made.value;
    const facts = { engine, pictures: embeddings.length, tookMs: loadMs + encodeMs };
    yield { kind: 'engine', is: 'right', ...facts };
    this.#tables = embeddings.map((values) => ({ rows, width, values }));
    return ok(this.#tables);
  }

  async #compute(signal: AbortSignal) {
    const model = await this.#model(signal);
    if (!model.ok) return model;
    const scale = await readPixelScale(this.#parts.source, signal);
    if (!scale.ok) return scale;
    const pictures: PixelTensor[] = [];
    for (const { input } of this.#cases) {
      const pixels = await this.#pixels(input.outputs[0], scale.value, signal);
      if (!pixels.ok) return pixels;
      pictures.push(pixels.value);
    }
    return this.#tools.encoder.encode({ model: model.value, pictures }, signal);
  }

  async #model(signal: AbortSignal): Promise<Result<Blob>> {
    const { source, encoder } = this.#parts;
    if (encoder) return ok(encoder.file);
    const file = source.manifest.model?.selfTest?.encoder;
    if (!file) throw new Error(this.impossible);
    return readPageFile(source, file, signal);
  }

  /** The very picture that the phone gets, as numbers: [1, 3, height, width]. */
  async #pixels(
    output: Case['input']['outputs'][number] | undefined,
    { mean, std }: PixelScale,
    signal: AbortSignal,
  ): Promise<Result<PixelTensor>> {
    const [height, width] = output?.shape ?? [];
    if (!output || output.dtype !== 'png' || height === undefined || height !== width)
      return fail(
        'encoder-shape',
        `the phone gets ${output?.dtype ?? 'nothing'} ${height} x ${width}, not a square`,
      );
    const picture = new Blob([output.data as Uint8Array<ArrayBuffer>]);
    const recipe: InputRecipe = {
      family: SQUARE_NUMBERS,
      params: { size: height, filter: 'bicubic', mean, std },
    };
    const made = await this.#tools.preparer.prepare(picture, recipe, signal);
    if (!made.ok) return made;
    const pixels = made.value.outputs[0];
    if (!pixels) throw new Error('a prepared input has at least one output');
    return ok(pixels);
  }
}

/** One square frame as normalised numbers; at its own size a picture is not resized. Its row is named after its first user. */
const SQUARE_NUMBERS = 'smolvlm-512';
