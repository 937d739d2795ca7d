import type { Job } from '../../domain/pipeline';
import type { PreparedOutput } from '../../domain/prepare';
import { quote } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import type { ParsedEvent } from '../../domain/run';
import type { Workbench } from '../../domain/workbench';
import { netRun } from './command';
import type { FastVlm } from './model';
import { fastVlmParser } from './parser';
import type { Question } from './question';

/** One run's things, gathered once. */
export interface Work {
  readonly job: Job;
  readonly bench: Workbench;
  readonly model: FastVlm;
  readonly programs: Readonly<Record<'runner' | 'vision-runner', string>>;
}
export type Steps<T> = AsyncGenerator<ParsedEvent, Result<T>, void>;

/** Names that qnn-net-run gives an output, in the order in which AryamaVMurthy/VLM_on_edge looks for them. */
const OUTPUTS = {
  quantised: ['image_features_native', 'output_0_native', 'output_0'],
  float: ['output_0', 'output_0_native'],
} as const;

/** The vision graph's output: rows of the language model's width. */
export async function* encodePicture(work: Work): Steps<Uint8Array> {
  const { bench, model, job } = work;
  const picture = job.input.outputs[0];
  if (!picture) throw new Error('a prepared input has at least one output');
  const wrong = wrongTensor(picture, model.imageType);
  if (wrong) return fail('recipe-invalid', wrong);
  const sent = await bench.send(picture);
  if (!sent.ok) return sent;
  const { width, imageRows } = model.shape;
  yield { kind: 'phase', phase: 'encode' };
  const output = yield* infer(work, 'vision', model.encoder, sent.value, {
    names: [...named(model), ...(model.quantised ? OUTPUTS.quantised : OUTPUTS.float)],
    sizes: [imageRows * width * (model.quantised ? 1 : 4)],
  });
  // This program has no other backend to fall back to, and gives nothing without it.
  if (output.ok)
    yield {
      ...{ kind: 'ran', part: 'vision', on: 'npu' },
      line: `qnn-net-run --backend libQnnHtp.so: exit code 0, ${output.value.length} bytes of output`,
    };
  return output;
}

/** The graph's own name for its rows, where the manifest has it. */
const named = ({ facts: { rowsName } }: FastVlm): readonly string[] =>
  typeof rowsName === 'string' && /^[\w.-]{1,80}$/.test(rowsName)
    ? [`${rowsName}_native`, rowsName]
    : [];

function wrongTensor(
  { dtype, shape, name }: PreparedOutput,
  wanted: string | undefined,
): string | undefined {
  const planes = dtype === 'float32' && shape.at(-3) === 3;
  const bytes = dtype === 'uint8' && shape.at(-1) === 3;
  if ((planes || bytes) && (wanted === undefined || wanted === dtype)) return undefined;
  return `${name} is ${dtype} [${shape.join(', ')}]; this vision graph takes ${wanted ?? 'float32 planes or bytes in RGB order'}`;
}

/** Rows for these ids in their order, and padding behind: of the text graph, or without one of the table. */
export async function* embedText(work: Work, question: Question): Steps<Uint8Array> {
  const { embedder } = work.model;
  return yield* embedder === undefined ? lookUp(work, question) : embed(work, question, embedder);
}

async function* embed(work: Work, { before, after }: Question, graph: string): Steps<Uint8Array> {
  const { bench, model } = work;
  const ids = new Int32Array(model.shape.context).fill(model.ids.pad);
  ids.set([...before, ...after]);
  const input = await bench.put('text/input_ids.raw', new Uint8Array(ids.buffer));
  if (!input.ok) return input;
  const floats = model.shape.context * model.shape.width;
  return yield* infer(work, 'text', graph, input.value, {
    names: OUTPUTS.float,
    sizes: [floats * 4, floats * 2],
  });
}

/** The phone itself takes the rows out of its table: 30 rows of half a gigabyte. */
async function* lookUp({ bench, model }: Work, { before, after }: Question): Steps<Uint8Array> {
  const { width, context } = model.shape;
  const rowBytes = width * (model.lut.type === 'float32' ? 4 : 2);
  const ids = [...before, ...after];
  const script = `for id in ${ids.join(' ')}; do dd if=${quote(model.lut.path)} bs=${rowBytes} skip=$id count=1 2>/dev/null || exit 1; done > rows.raw`;
  const command = { argv: ['sh', '-c', script], cwd: bench.dir, env: {} } as const;
  const exit = yield* bench.exec(command, fastVlmParser());
  if (!exit.ok) return exit;
  const rows = await bench.get('rows.raw', ids.length * rowBytes);
  if (!rows.ok) return rows;
  if (rows.value.length !== ids.length * rowBytes)
    return fail(
      'embeddings-invalid',
      `${rows.value.length} bytes for ${ids.length} rows of ${rowBytes}`,
    );
  const padded = new Uint8Array(context * rowBytes);
  padded.set(rows.value);
  return ok(padded);
}

/** Runs one graph on one input and fetches its output, of one of these sizes. Failure: embeddings-invalid. */
async function* infer(
  { job, bench, programs }: Work,
  name: 'vision' | 'text',
  graph: string,
  input: string,
  output: { readonly names: readonly string[]; readonly sizes: readonly number[] },
): Steps<Uint8Array> {
  const list = await bench.put(`${name}/input_list.txt`, `${input}\n`);
  if (!list.ok) return list;
  const out = await bench.folder(`${name}/out`);
  if (!out.ok) return out;
  const files = { graph, list: list.value, out: out.value };
  const command = netRun(job.setup, programs['vision-runner'], files);
  const exit = yield* bench.exec(command, fastVlmParser());
  if (!exit.ok) return exit;
  for (const file of output.names) {
    const path = `${out.value}/Result_0/${file}.raw`;
    const size = await bench.size(path);
    if (!size.ok) return size;
    if (size.value === undefined) continue;
    if (output.sizes.includes(size.value)) return bench.get(path, size.value);
    const wanted = output.sizes.join(' or ');
    return fail(
      'embeddings-invalid',
      `${name}: ${file}.raw has ${size.value} bytes, not ${wanted}`,
    );
  }
  return fail(
    'embeddings-invalid',
    `${name}: qnn-net-run wrote none of ${output.names.join(', ')}`,
  );
}
