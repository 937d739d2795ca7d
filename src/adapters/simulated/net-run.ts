import { load } from './carrier';
import { gflags, last } from './flags';
import { at, findIn, text, type SimulatedIo, type SimulatedProgram } from './host';
import { hasSkel } from './qnn';
import { shrink } from './picture';

const FLAGS =
  'backend model retrieve_context input_list output_dir num_inferences log_level perf_profile config_file profiling_level'.split(
    ' ',
  );
const SWITCHES = ['use_native_input_files', 'use_native_output_files'];
const SIDE = 1024;
const SHRINK = 4;
const IMAGE = { rows: 256, width: 896 };
const TEXT = { rows: 512, width: 896 };
const IMAGE_BYTES = { float: SIDE * SIDE * 3 * 4, byte: SIDE * SIDE * 3 };
/** Marks a row that stands for a token; the two values before it are the id in base 2048, exact in float16. */
export const TOKEN_MARK = 1234;

/**
 * Simulated qnn-net-run for FastVLM's two encoders, told apart by the size of their input: a picture gives rows that carry
 * it (carrier.ts), token ids give rows that carry them. Command line: QAIRT's qnn-net-run; layout: device/*.sh of
 * AryamaVMurthy/VLM_on_edge.
 */
export const qnnNetRun: SimulatedProgram = async (io) => {
  const flags = gflags(io.argv, FLAGS, SWITCHES);
  if (typeof flags === 'string') {
    await io.warn(`${flags}\n`);
    return 1;
  }
  const failed = async (why: string) => {
    await io.warn(`${why}\n`);
    return 1;
  };
  const backend = last(flags, 'backend') ?? '';
  if (!findIn(io, `${io.env['LD_LIBRARY_PATH'] ?? ''}`, ':', backend))
    return failed(
      `[ERROR] "Unable to load backend. dlerror(): dlopen failed: library "${backend}" not found"`,
    );
  if (io.htp === undefined || !hasSkel(io))
    return failed('[ERROR] "Failed to create device: 14001"\n[ERROR] "Device Creation failure"');
  const context = last(flags, 'retrieve_context') ?? '';
  if (!io.readFile(at(io, context))) return failed(`[ERROR] "Could not open ${context}"`);
  const list = text(io.readFile(at(io, last(flags, 'input_list') ?? '')));
  if (list === undefined) return failed('[ERROR] "Failed to open input list file"');
  const path = (list.split('\n')[0] ?? '').replace(/^\w+:=/, '').trim();
  const input = io.readFile(at(io, path));
  if (!input) return failed(`[ERROR] "Failed to open file ${path}"`);
  const out = outputOf(input);
  if (!out)
    return failed(`[ERROR] "File size of ${path} does not match the tensor: ${input.length}"`);
  await io.print('qnn-net-run pid:1\n');
  const dir = last(flags, 'output_dir') ?? 'output';
  const bytes = new Uint8Array(out.buffer);
  if (!io.writeFile(`${at(io, dir)}/Result_0/output_0.raw`, bytes))
    return failed(`[ERROR] "Failed to write to ${dir}"`);
  return 0;
};

/** f32 rows for a picture (f32 CHW or u8 HWC) or for ids (i32); undefined: neither. */
function outputOf(input: Uint8Array): Float32Array<ArrayBuffer> | undefined {
  if (input.length === IMAGE_BYTES.float) return imageRows(interleaved(input));
  if (input.length === IMAGE_BYTES.byte) return imageRows(input);
  if (input.length === TEXT.rows * 4) return textRows(input);
  return undefined;
}

function interleaved(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const plane = SIDE * SIDE;
  const rgb = new Uint8Array(plane * 3);
  for (let c = 0; c < 3; c += 1)
    for (let i = 0; i < plane; i += 1)
      rgb[i * 3 + c] = Math.round(view.getFloat32((c * plane + i) * 4, true) * 255);
  return rgb;
}

function imageRows(rgb: Uint8Array): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(IMAGE.rows * IMAGE.width);
  if (!load(rows, shrink(rgb, SIDE, SHRINK))) throw new Error('the cargo does not fit');
  return rows;
}

function textRows(ids: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  const rows = new Float32Array(TEXT.rows * TEXT.width);
  for (let i = 0; i < TEXT.rows; i += 1) {
    const id = view.getInt32(i * 4, true);
    rows.set([Math.floor(id / 2048), id % 2048, TOKEN_MARK], i * TEXT.width);
  }
  return rows;
}

/** Side of the picture that the rows carry. */
export const CARRIED_SIDE = SIDE / SHRINK;

/** The ids in rows of tokens, in order. */
export function idsIn(rows: Float32Array, width: number): number[] {
  const ids: number[] = [];
  for (let at = 0; at < rows.length; at += width)
    if (rows[at + 2] === TOKEN_MARK) ids.push((rows[at] ?? 0) * 2048 + (rows[at + 1] ?? 0));
  return ids;
}

export type { SimulatedIo };
