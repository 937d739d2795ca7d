import type { EncoderShape } from '../../domain/encoder';
import { fail, ok, type Result } from '../../domain/result';

/** What onnxruntime says about an input or output of a loaded model. A dimension by name is open. */
export interface ValueFacts {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

const MAX_SIDE = 4096;

/** Reads the one input of an image encoder out of a model's list of inputs. Failure encoder-shape says what is other. */
export function inputOf(inputs: readonly ValueFacts[]): Result<EncoderShape> {
  const [input, ...more] = inputs;
  if (!input || more.length > 0)
    return fail(
      'encoder-shape',
      `${inputs.length} inputs (${inputs.map(said).join('; ')}), an image encoder has one`,
    );
  const shape = input.shape ?? [];
  const [batch, channels, height, width] = shape;
  const four = shape.length === 4 && isOpenOr(batch, 1) && isOpenOr(channels, 3);
  if (input.type !== 'float32' || !four)
    return fail('encoder-shape', `its input is ${said(input)}, not float32 [1, 3, height, width]`);
  for (const side of [height, width])
    if (typeof side === 'number' && (side < 1 || side > MAX_SIDE))
      return fail('encoder-shape', `its input is ${said(input)}, at most ${MAX_SIDE} a side`);
  const known = (side: number | string | undefined) =>
    typeof side === 'number' ? side : undefined;
  return ok({ input: input.name, height: known(height), width: known(width) });
}

/** The output that holds a row for each token: float32 [1, tokens, values] or [tokens, values]. */
export function outputOf(outputs: readonly ValueFacts[]): Result<string> {
  const found = outputs.find(
    ({ type, shape = [] }) =>
      type === 'float32' && (shape.length === 2 || (shape.length === 3 && isOpenOr(shape[0], 1))),
  );
  if (found) return ok(found.name);
  return fail(
    'encoder-shape',
    `its outputs are ${outputs.map(said).join('; ') || 'none'}; one must be float32 [1, tokens, values]`,
  );
}

/** Rows and values a row of what came out; undefined: it is no such table. */
export function tableOf(dims: readonly number[]): { rows: number; width: number } | undefined {
  const [rows = 0, width = 0] = dims.length === 3 && dims[0] === 1 ? dims.slice(1) : dims;
  const two = dims.length === 2 || (dims.length === 3 && dims[0] === 1);
  return two && rows > 0 && width > 0 ? { rows, width } : undefined;
}

const isOpenOr = (dimension: number | string | undefined, size: number) =>
  typeof dimension === 'string' || dimension === size || dimension === -1;

/** "pixels: float32 [1, 3, 128, 128]". From the file: cut, never markup. */
const said = ({ name, type, shape }: ValueFacts) =>
  `${name}: ${type ?? 'no tensor'} [${(shape ?? []).join(', ')}]`.slice(0, 120);
