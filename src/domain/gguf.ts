import { fail, ok, type Result } from './result';

/** What the first part of a GGUF file says. */
export interface GgufHeader {
  readonly version: number;
  readonly tensors: number;
  /** For example "llama", "qwen2vl", "clip". */
  readonly architecture: string;
  readonly name: string | undefined;
  /** Trained context in tokens, for a language model. */
  readonly context: number | undefined;
  /** True for a multimodal projector with a vision encoder. */
  readonly vision: boolean;
  /** Edge in pixels of the vision encoder's picture, where it has a fixed one. */
  readonly imageSize: number | undefined;
}

/** Enough for the keys of every model seen; a tokenizer's long lists may be cut off behind them. */
export const GGUF_HEAD_BYTES = 1 << 20;

const MAX_KEYS = 10_000;
const FIXED: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;

/**
 * Reads keys from the first bytes of a GGUF file, as far as they reach. Little-endian versions 2 and 3.
 * Failure `model-invalid` says what is wrong. Nothing in the file is believed without a bound.
 * Format: ggml-org/ggml docs/gguf.md.
 */
export function readGgufHeader(head: Uint8Array, fileBytes: number): Result<GgufHeader> {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 24) return fail('model-invalid', `only ${fileBytes} bytes`);
  const magic = String.fromCharCode(...head.subarray(0, 4));
  if (magic !== 'GGUF')
    return fail('model-invalid', `begins with "${printable(magic)}", not "GGUF"`);
  const version = view.getUint32(4, true);
  if (version === 0x02000000 || version === 0x03000000)
    return fail('model-invalid', 'big-endian; only little-endian GGUF is read');
  if (version !== 2 && version !== 3)
    return fail('model-invalid', `GGUF version ${version}, not 2 or 3`);
  const tensors = Number(view.getBigUint64(8, true));
  const keys = Number(view.getBigUint64(16, true));
  if (tensors < 1 || tensors > 1e6 || keys > MAX_KEYS)
    return fail('model-invalid', `claims ${tensors} tensors and ${keys} keys`);
  const values = readKeys(view, keys);
  const architecture = values.get('general.architecture');
  if (typeof architecture !== 'string' || !/^[a-z0-9._-]{1,60}$/i.test(architecture))
    return fail('model-invalid', 'names no general.architecture');
  const name = values.get('general.name');
  const context = values.get(`${architecture}.context_length`);
  const imageSize = values.get('clip.vision.image_size');
  return ok({
    version,
    tensors,
    architecture,
    name: typeof name === 'string' ? name.slice(0, 80) : undefined,
    context: whole(context),
    vision: values.get('clip.has_vision_encoder') === true,
    imageSize: whole(imageSize),
  });
}

/** A count that somebody may multiply by, or nothing. */
const whole = (value: Value | undefined) =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31
    ? value
    : undefined;

type Value = string | number | boolean;

/** Scalar keys in file order, until the bytes end. */
function readKeys(view: DataView, count: number): Map<string, Value> {
  const found = new Map<string, Value>();
  let at = 24;
  try {
    for (let i = 0; i < count; i++) {
      const key = text(view, at, 65_535);
      at = key.end;
      const type = view.getUint32(at, true);
      at += 4;
      const { value, end } = read(view, at, type);
      if (value !== undefined) found.set(key.text, value);
      at = end;
    }
  } catch (reason) {
    // The end of the bytes at hand, or nonsense: either way there is no more to learn.
    if (!(reason instanceof RangeError)) throw reason;
  }
  return found;
}

function read(view: DataView, at: number, type: number): { value: Value | undefined; end: number } {
  if (type === STRING) {
    const { text: value, end } = text(view, at, 16 << 20);
    return { value, end };
  }
  if (type === ARRAY) return { value: undefined, end: skipArray(view, at) };
  const size = FIXED[type];
  if (size === undefined) throw new RangeError(`value type ${type}`);
  if (at + size > view.byteLength) throw new RangeError('end');
  return { value: scalar(view, at, type), end: at + size };
}

function skipArray(view: DataView, at: number): number {
  const type = view.getUint32(at, true);
  const length = Number(view.getBigUint64(at + 4, true));
  const size = FIXED[type];
  if (size !== undefined) return at + 12 + size * length;
  if (type !== STRING) throw new RangeError(`array of type ${type}`);
  let end = at + 12;
  for (let i = 0; i < length; i++) end += 8 + Number(view.getBigUint64(end, true));
  return end;
}

function scalar(view: DataView, at: number, type: number): Value | undefined {
  switch (type) {
    case 4:
      return view.getUint32(at, true);
    case 5:
      return view.getInt32(at, true);
    case 6:
      return view.getFloat32(at, true);
    case 7:
      return view.getUint8(at) !== 0;
    case 10:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

function text(view: DataView, at: number, maxBytes: number): { text: string; end: number } {
  const length = Number(view.getBigUint64(at, true));
  const end = at + 8 + length;
  if (length > maxBytes || end > view.byteLength) throw new RangeError('end');
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 8, length);
  return { text: new TextDecoder().decode(bytes), end };
}

const printable = (value: string) => value.replace(/[^ -~]/g, '?');
