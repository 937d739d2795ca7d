import * as v from 'valibot';
import type { Job } from '../../domain/pipeline';
import { ok, type Result } from '../../domain/result';
import type { Workbench } from '../../domain/workbench';

/** Genie's dialog as it was after an answer, on the phone. */
export interface SavedState {
  readonly dir: string;
  /** Rows of the context that it holds, answers included. */
  readonly used: number;
}
const Mark = v.object({
  used: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** The run that saved it, part of its folder's name: Genie never writes into a folder of before. */
  run: v.pipe(v.string(), v.regex(/^[\w-]{1,40}$/)),
});
const MAX_MARK_BYTES = 200;

/** Where the state after this question goes. `mark` is written when it is whole: Genie's own files have no end mark. */
export async function stateFor(bench: Workbench, job: Job) {
  const place = await placeOf(bench, job, [...job.earlier, job.prompt]);
  const run = bench.dir.split('/').at(-1) ?? '';
  return { dir: `${place}-${run}`, mark: `${place}.json`, run };
}

/** The state after the questions before this one; undefined: there is none. */
export async function findState(
  bench: Workbench,
  job: Job,
): Promise<Result<SavedState | undefined>> {
  const place = await placeOf(bench, job, job.earlier);
  const mark = `${place}.json`;
  const size = await bench.size(mark);
  if (!size.ok) return size;
  if (size.value === undefined || size.value > MAX_MARK_BYTES) return ok(undefined);
  const read = await bench.get(mark, MAX_MARK_BYTES);
  if (!read.ok) return read;
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), Mark),
    new TextDecoder().decode(read.value),
  );
  if (!parsed.success) return ok(undefined);
  return ok({ dir: `${place}-${parsed.output.run}`, used: parsed.output.used });
}

/** Named by all that the state depends on: files, picture, decoder, questions. */
async function placeOf(bench: Workbench, { setup, input, options }: Job, asked: readonly string[]) {
  const key = JSON.stringify([
    setup.model.files.map(({ sha256 }) => sha256),
    input.outputs.map(({ sha256 }) => sha256),
    options['npu-decoder'],
    asked,
  ]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));
  const name = [...new Uint8Array(digest).subarray(0, 12)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return `${bench.stateDir}/genie-${name}`;
}
