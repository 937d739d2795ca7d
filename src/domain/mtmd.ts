import { fail, ok, type Result } from './result';

/**
 * mtmd_data.bin: the prompt as embeddings and positions, written by OmniInfer's vision step, read by its decoder.
 * 48 bytes of header, then f32 [tokens][width] in prompt order, then i32 [positionRows][tokens]; little-endian.
 * Source: OmniInfer-VLM tools/mtmd/mtmd-cli.cpp (writer); the reader checks neither version nor size, so we do:
 * from a file cut off it would take zeros for embeddings and answer plausible nonsense.
 */
export interface Mtmd extends MtmdShape {
  /** `tokens` rows of `width`. */
  readonly embeddings: Float32Array;
  /** `positionRows` rows of `tokens`: all t, then all h, then all w. */
  readonly positions: Int32Array;
}

export interface MtmdShape {
  readonly tokens: number;
  readonly width: number;
  /** 1, or 3 for the positions of Qwen2-VL and Qwen2.5-VL (time, row, column). */
  readonly positionRows: number;
}

export const MTMD_HEADER_BYTES = 48;
const MAX_TOKENS = 1 << 20;
const MAX_WIDTH = 1 << 16;
/** Ids of ggml types. */
const F32 = 0;
const I32 = 26;

/** Size of a file of this shape. */
export const mtmdBytes = ({ tokens, width, positionRows }: MtmdShape): number =>
  MTMD_HEADER_BYTES + 4 * tokens * (width + positionRows);

/**
 * Reads the shape from the first 48 bytes and holds it against the file's size.
 * Failure mtmd-invalid says which field or by how much.
 */
export function parseMtmdHeader(head: Uint8Array, fileBytes: number): Result<MtmdShape> {
  const wrong = (detail: string) => fail('mtmd-invalid', detail);
  if (head.byteLength < MTMD_HEADER_BYTES || fileBytes < MTMD_HEADER_BYTES)
    return wrong(`only ${fileBytes} bytes`);
  const view = new DataView(head.buffer, head.byteOffset, MTMD_HEADER_BYTES);
  if (view.getUint32(0) !== 0x4d544d44) return wrong('does not begin with "MTMD"');
  const field = (i: number) => view.getUint32(i * 4, true);
  if (field(1) !== 1) return wrong(`version ${field(1)}, not 1`);
  const shape = { tokens: field(2), width: field(3), positionRows: field(4) };
  if (shape.tokens < 1 || shape.tokens > MAX_TOKENS) return wrong(`${shape.tokens} tokens`);
  if (shape.width < 1 || shape.width > MAX_WIDTH) return wrong(`width ${shape.width}`);
  if (shape.positionRows !== 1 && shape.positionRows !== 3)
    return wrong(`${shape.positionRows} rows of positions, not 1 or 3`);
  if (field(5) !== F32) return wrong(`embeddings of type ${field(5)}, not ${F32} (f32)`);
  if (field(6) !== I32) return wrong(`positions of type ${field(6)}, not ${I32} (i32)`);
  for (let i = 7; i < 12; i++) if (field(i) !== 0) return wrong(`reserved word ${i - 7} is not 0`);
  const wanted = mtmdBytes(shape);
  if (fileBytes !== wanted)
    return wrong(
      `${fileBytes} bytes; ${shape.tokens} tokens of ${shape.width} + ${shape.positionRows} make ${wanted}`,
    );
  return ok(shape);
}

/** Reads a whole file. The arrays are views on `bytes` where it is aligned to four bytes, copies otherwise. */
export function parseMtmd(bytes: Uint8Array): Result<Mtmd> {
  const shape = parseMtmdHeader(bytes, bytes.byteLength);
  if (!shape.ok) return shape;
  const { tokens, width, positionRows } = shape.value;
  const { buffer, byteOffset } = byteAligned(bytes);
  const at = byteOffset + MTMD_HEADER_BYTES;
  return ok({
    ...shape.value,
    embeddings: new Float32Array(buffer, at, tokens * width),
    positions: new Int32Array(buffer, at + 4 * tokens * width, tokens * positionRows),
  });
}

const byteAligned = (bytes: Uint8Array) => (bytes.byteOffset % 4 === 0 ? bytes : bytes.slice());

/** Writes the file. Arrays that do not fit the shape are a bug and throw. */
export function writeMtmd(mtmd: Mtmd): Uint8Array<ArrayBuffer> {
  const { tokens, width, positionRows, embeddings, positions } = mtmd;
  if (embeddings.length !== tokens * width || positions.length !== tokens * positionRows)
    throw new Error('arrays that do not fit the shape');
  const out = new Uint8Array(mtmdBytes(mtmd));
  const head = new DataView(out.buffer);
  head.setUint32(0, 0x4d544d44);
  [1, tokens, width, positionRows, F32, I32].forEach((value, i) =>
    head.setUint32(4 + i * 4, value, true),
  );
  new Float32Array(out.buffer, MTMD_HEADER_BYTES, embeddings.length).set(embeddings);
  new Int32Array(out.buffer, MTMD_HEADER_BYTES + embeddings.byteLength, positions.length).set(
    positions,
  );
  return out;
}

/** A run of the prompt: so many tokens of text, or a picture of so many merged patches. */
export type MtmdRun =
  | { readonly kind: 'text'; readonly tokens: number }
  | { readonly kind: 'image'; readonly columns: number; readonly rows: number };

/**
 * Positions of a prompt for M-RoPE, three rows: a token of text at c is at (c, c, c); the patch (x, y) of a picture that
 * begins at c is at (c, c + y, c + x), and what follows is at c + max(columns, rows).
 * Source: OmniInfer-VLM tools/mtmd/mtmd-cli.cpp; Qwen2-VL.
 */
export function mropePositions(runs: readonly MtmdRun[]): Int32Array {
  const times: number[] = [];
  const ys: number[] = [];
  const xs: number[] = [];
  let at = 0;
  const put = (y: number, x: number) => times.push(at) && ys.push(at + y) && xs.push(at + x);
  for (const run of runs) {
    if (run.kind === 'text') for (let i = 0; i < run.tokens; i++, at++) put(0, 0);
    else {
      for (let y = 0; y < run.rows; y++) for (let x = 0; x < run.columns; x++) put(y, x);
      at += Math.max(run.columns, run.rows);
    }
  }
  return Int32Array.from([...times, ...ys, ...xs]);
}
