import { createSHA256 } from 'hash-wasm';
import {
  rowStats,
  type CombineJob,
  type Combined,
  type FloatType,
  type RowStats,
} from '../../domain/embeddings';
import { toHalf } from '../../domain/half';
import { fail, ok, type Result } from '../../domain/result';
import { readRange, readRows, toFloats, typeBySize, type Rows } from './rows';

/**
 * The host's step between vision encoder and Genie: text rows, picture rows, text rows in one file.
 * Source of sizes, formula and order: device-pipelines of Genie's FastVLM build (combine_embeddings.py).
 * Failures: embeddings-invalid, context-too-small.
 */
export async function combine(job: CombineJob): Promise<Result<Combined>> {
  const { model, before, after } = job;
  const rows = before.length + model.imageRows + after.length;
  if (rows >= model.context)
    return fail('context-too-small', `${rows} rows of ${model.context}, and none for the answer`);
  const vision = await readVision(job);
  if (!vision.ok) return vision;
  const text = await readText(job);
  if (!text.ok) return text;
  const output = job.text.kind === 'encoder' ? job.text.output : text.value.dtype;
  const { width } = model;
  const image = rowStats(vision.value, width);
  const words = rowStats(toFloats(text.value), width);
  const bad = complaint('vision output', image) ?? complaint('text embeddings', words);
  if (bad) return fail('embeddings-invalid', bad);

  const textData = as(output, text.value);
  const split = before.length * width * (output === 'float32' ? 4 : 2);
  const data = concat([
    textData.subarray(0, split),
    as(output, { dtype: 'float32', data: new Uint8Array(vision.value.buffer) }),
    textData.subarray(split),
  ]);
  const hash = await createSHA256();
  return ok({
    data,
    dtype: output,
    rows,
    width,
    sha256: hash.update(data).digest('hex'),
    maxNewTokens: model.context - rows,
    image,
    text: words,
  });
}

/** Zeros are no embedding either: a file that was written to full length and never filled. */
function complaint(what: string, { rows, zeroRows, badRows }: RowStats): string | undefined {
  if (badRows > 0) return `${what}: ${badRows} of ${rows} rows have values that are not finite`;
  return rows > 0 && zeroRows === rows ? `${what}: nothing but zeros` : undefined;
}

/** The vision encoder's rows as f32. */
async function readVision({
  vision,
  model,
}: CombineJob): Promise<Result<Float32Array<ArrayBuffer>>> {
  const { file, quantised } = vision;
  const values = model.imageRows * model.width;
  const wanted = quantised ? values : values * 4;
  if (file.size !== wanted)
    return fail(
      'embeddings-invalid',
      `vision output: ${file.size} bytes; ${model.imageRows} x ${model.width} ${quantised ? 'u8' : 'f32'} make ${wanted}`,
    );
  const bytes = await readRange(file, 0, wanted);
  if (bytes.length !== wanted) return fail('embeddings-invalid', 'vision output: ends early');
  if (!quantised) return ok(new Float32Array(bytes.buffer));
  const { scale, offset } = quantised;
  if (!(Number.isFinite(scale) && scale > 0 && Number.isInteger(offset)))
    return fail('embeddings-invalid', `vision output: scale ${scale}, offset ${offset}`);
  return ok(Float32Array.from(bytes, (q) => (q + offset) * scale));
}

/** Rows of all the ids, from the table or from what the text encoder wrote. */
async function readText({ text, model, before, after }: CombineJob): Promise<Result<Rows>> {
  const { file } = text;
  const { width } = model;
  const ids = [...before, ...after];
  if (text.kind === 'table') {
    const dtype = typeBySize(file.size, model.vocabulary * width);
    if (!dtype)
      return fail(
        'embeddings-invalid',
        `embedding table: ${file.size} bytes; ${model.vocabulary} x ${width} make ${model.vocabulary * width * 4} (f32) or half of it (f16)`,
      );
    return readRows(file, dtype, width, ids);
  }
  const dtype = typeBySize(file.size, model.context * width);
  if (!dtype)
    return fail(
      'embeddings-invalid',
      `text embeddings: ${file.size} bytes; ${model.context} x ${width} make ${model.context * width * 4} (f32) or half of it (f16)`,
    );
  return readRows(
    file,
    dtype,
    width,
    ids.map((_, i) => i),
  );
}

/** The same values as another type. */
function as(type: FloatType, rows: Rows): Uint8Array<ArrayBuffer> {
  if (rows.dtype === type) return rows.data;
  const values = toFloats(rows);
  if (type === 'float32') return new Uint8Array(values.buffer);
  return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * input_ids.raw for the text encoder: i32, padded with <|endoftext|> to the length that it was built for.
 * Failure: context-too-small.
 */
export function inputIds(
  ids: readonly number[],
  length: number,
  padding: number,
): Result<Uint8Array<ArrayBuffer>> {
  if (ids.length > length) return fail('context-too-small', `${ids.length} tokens of ${length}`);
  const padded = new Int32Array(length).fill(padding);
  padded.set(ids);
  return ok(new Uint8Array(padded.buffer));
}
