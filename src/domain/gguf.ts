import type { Failure } from './failure';
import { GgufCursor, GgufEnd, GgufNonsense, GgufPast, type GgufValue } from './gguf-cursor';
import { LLAMA_SUPPORT } from './llama-support';
import { fail, ok, type Result } from './result';

/** What the first part of a GGUF file says, as far as the bytes at hand reach. */
export interface Gguf {
  readonly version: number;
  /** For example "llama", "qwen2vl", "clip". */
  readonly architecture: string | undefined;
  readonly tensorCount: number;
  readonly keys: ReadonlyMap<string, GgufValue>;
  /** All tensors' descriptions, added up. Undefined: they lie further on, or `trouble` says why not. */
  readonly tensors: GgufTensors | undefined;
  /** What is wrong with the file: model-invalid, model-truncated or model-unsupported. */
  readonly trouble: Failure | undefined;
}

export interface GgufTensors {
  readonly parameters: number;
  /** Bytes of the weights, and of them by type's name. */
  readonly bytes: number;
  readonly bytesByType: Readonly<Record<string, number>>;
  /** Shapes of the projector's tensors: what tells its width. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Where the file ends if it is whole; a shorter one was cut. */
  readonly fileBytes: number;
}

/** Enough for the keys of every model seen; a tokenizer's long lists may be cut off behind them. */
export const GGUF_HEAD_BYTES = 1 << 20;

const MAX_KEYS = 10_000;
const MAX_TENSORS = 100_000;
/** Keys that are kept: no more than this, and only of these kinds. */
const MAX_KEPT = 1000;
const KEPT = /^(general|split|clip|[a-z0-9._-]{1,60})\.[\w.-]{1,80}$/i;
const NOT_KEPT = /^tokenizer\.(?!chat_template$|ggml\.(tokens|model|pre)$)/;
const PROJECTOR = /^(mm|resampler)\./;
const ALIGNMENT = 32;

/**
 * Reads the head of a GGUF file, little-endian, version 2 or 3. `fileBytes` is the length of the whole file.
 * Nothing in it is believed without a bound. Failure: model-invalid, when it is no GGUF at all.
 * Format: ggml-org/ggml docs/gguf.md; what is refused is what ggml-org/llama.cpp ggml/src/gguf.cpp refuses.
 */
export function readGguf(head: Uint8Array, fileBytes: number): Result<Gguf> {
  const start = readStart(head, fileBytes);
  if (!start.ok) return start;
  const { version, tensors: tensorCount, keys: keyCount } = start.value;
  const cursor = new GgufCursor(head, fileBytes);
  cursor.at = 24;
  const keys = new Map<string, GgufValue>();
  let tensors: GgufTensors | undefined;
  let trouble: Failure | undefined;
  try {
    for (let i = 0; i < keyCount; i++) readKey(cursor, keys);
    tensors = readTensors(cursor, tensorCount, alignmentOf(keys));
    if (tensors.fileBytes > fileBytes)
      trouble = fail(
        'model-truncated',
        `${fileBytes} bytes, but its header describes ${tensors.fileBytes}`,
      ).failure;
  } catch (reason) {
    trouble = troubleOf(reason, fileBytes);
  }
  return ok({ version, tensorCount, architecture: architectureOf(keys), keys, tensors, trouble });
}

/** A positive whole number under this key, which somebody may multiply by, or nothing. */
export function count(keys: Gguf['keys'], key: string): number | undefined {
  const value = keys.get(key);
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31
    ? value
    : undefined;
}

/** What a program says of a file without more than its first part. */
export interface GgufHeader {
  readonly version: number;
  readonly tensors: number;
  readonly architecture: string;
  readonly name: string | undefined;
  /** Trained context in tokens, for a language model. */
  readonly context: number | undefined;
  /** True for a multimodal projector with a vision encoder. */
  readonly vision: boolean;
  /** Edge in pixels of the vision encoder's picture, where it has a fixed one. */
  readonly imageSize: number | undefined;
}

/** The keys that stand before trouble or the end of the bytes. Failure `model-invalid` says what is wrong. */
export function readGgufHeader(head: Uint8Array, fileBytes: number): Result<GgufHeader> {
  const read = readGguf(head, fileBytes);
  if (!read.ok) return read;
  const { version, tensorCount, architecture, keys } = read.value;
  if (architecture === undefined) return fail('model-invalid', 'names no general.architecture');
  const name = keys.get('general.name');
  return ok({
    version,
    tensors: tensorCount,
    architecture,
    name: typeof name === 'string' ? name.slice(0, 80) : undefined,
    context: count(keys, `${architecture}.context_length`),
    vision: keys.get('clip.has_vision_encoder') === true,
    imageSize: count(keys, 'clip.vision.image_size'),
  });
}

function readStart(
  head: Uint8Array,
  fileBytes: number,
): Result<{ version: number; tensors: number; keys: number }> {
  if (head.byteLength < 24) return fail('model-invalid', `only ${fileBytes} bytes`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
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
  if (tensors < 1 || tensors > MAX_TENSORS || keys > MAX_KEYS)
    return fail('model-invalid', `claims ${tensors} tensors and ${keys} keys`);
  return ok({ version, tensors, keys });
}

function readKey(cursor: GgufCursor, keys: Map<string, GgufValue>): void {
  const key = cursor.text();
  const value = cursor.value();
  if (typeof key !== 'string' || !KEPT.test(key) || NOT_KEPT.test(key)) return;
  if (keys.size < MAX_KEPT) keys.set(key, value);
}

function architectureOf(keys: Gguf['keys']): string | undefined {
  const value = keys.get('general.architecture');
  return typeof value === 'string' && /^[a-z0-9._-]{1,60}$/i.test(value) ? value : undefined;
}

function alignmentOf(keys: Gguf['keys']): number {
  const value = keys.get('general.alignment') ?? ALIGNMENT;
  if (typeof value === 'number' && Number.isInteger(Math.log2(value)) && value < 2 ** 31)
    return value;
  throw new GgufNonsense('an alignment that is no power of 2');
}

/** Adds up what the tensors' descriptions say. */
function readTensors(cursor: GgufCursor, tensorCount: number, alignment: number): GgufTensors {
  const bytesByType: Record<string, number> = {};
  const shapes = new Map<string, readonly number[]>();
  let [parameters, bytes, end] = [0, 0, 0];
  for (let i = 0; i < tensorCount; i++) {
    const tensor = readTensor(cursor);
    parameters += tensor.elements;
    bytes += tensor.bytes;
    bytesByType[tensor.type] = (bytesByType[tensor.type] ?? 0) + tensor.bytes;
    end = Math.max(end, tensor.offset + tensor.bytes);
    if (PROJECTOR.test(tensor.name) && shapes.size < MAX_KEPT)
      shapes.set(tensor.name, tensor.shape);
  }
  const fileBytes = Math.ceil(cursor.at / alignment) * alignment + end;
  return { parameters, bytes, bytesByType, shapes, fileBytes };
}

function readTensor(cursor: GgufCursor) {
  const name = cursor.text();
  if (typeof name !== 'string' || name.length > 64) throw new GgufNonsense('a long tensor name');
  const dimensions = cursor.u32();
  if (dimensions > 4) throw new GgufNonsense(`a tensor of ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.u64());
  const number = cursor.u32();
  const offset = cursor.u64();
  const type = LLAMA_SUPPORT.types[number];
  if (!type) throw new UnknownType(`tensor ${printable(name)} is of type ${number}`);
  const [typeName, blockElements, blockBytes] = type;
  const elements = shape.reduce((product, side) => product * side, 1);
  const bytes = (elements / blockElements) * blockBytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes))
    throw new GgufNonsense(`tensor ${printable(name)} with shape ${shape.join(' x ')}`);
  return { name, shape, type: typeName, elements, bytes, offset };
}

/** A type that the runner's llama.cpp has no code for: newer than it, or no longer in use. */
class UnknownType extends Error {}

function troubleOf(reason: unknown, fileBytes: number): Failure | undefined {
  if (reason instanceof UnknownType)
    return fail('model-unsupported', `${reason.message}, which the runner does not know`).failure;
  if (reason instanceof GgufNonsense)
    return fail('model-invalid', `its header has ${reason.message}`).failure;
  if (reason instanceof GgufPast)
    return fail('model-truncated', `it ends after ${fileBytes} bytes, within its header`).failure;
  if (reason instanceof GgufEnd) return undefined;
  throw reason;
}

const printable = (value: string) => value.replace(/[^ -~]/g, '?');
