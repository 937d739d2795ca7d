import type { CombineJob } from '../../domain/embeddings';
import type { Budget, Job } from '../../domain/pipeline';
import { ok, type Result } from '../../domain/result';
import type { HostTools, Workbench } from '../../domain/workbench';
import { filesOf } from '../setup';
import { genie } from './command';
import { embedText, encodePicture, type Steps, type Work } from './graphs';
import { readModel } from './model';
import { fastVlmParser } from './parser';
import { encodeQuestion, isFollowUp, roomFor, type Question } from './question';
import { genieSettings } from './settings';
import { findState, stateFor, type SavedState } from './state';

const PROFILE = 'profile.json';
const ON_CPU = {
  kind: 'ran',
  part: 'language',
  on: 'cpu',
  line: 'dialog.engine.backend.type: QnnGenAiTransformer; exit code 0',
} as const;

/** Vision graph, text graph, combination in the page, Genie. A follow-up leaves the picture out: Genie's saved state has it. */
export async function* runFastVlm(
  job: Job,
  budget: Budget,
  bench: Workbench,
  tools: HostTools,
  signal: AbortSignal,
): Steps<void> {
  const model = readModel(job.setup, job.options);
  if (!model.ok) return model;
  const programs = filesOf(job.setup.runner, ['runner', 'vision-runner']);
  if (!programs.ok) return programs;
  const work: Work = { job, bench, model: model.value, programs: programs.value };
  const found = isFollowUp(job) ? await findState(bench, job) : ok(undefined);
  if (!found.ok) return found;
  const restored = found.value;
  if (isFollowUp(job) && !restored) {
    const detail = 'no saved state: the question was asked without those before it';
    yield { kind: 'warning', failure: { code: 'genie-state', detail } };
  }
  const question = await encodeQuestion(job, restored !== undefined, tools, signal);
  if (!question.ok) return question;
  const { before, after } = question.value;
  const rows = (restored?.used ?? model.value.shape.imageRows) + before.length + after.length;
  const room = roomFor(rows, model.value.shape.context, job.options);
  if (!room.ok) return room;

  const vision = restored ? ok(undefined) : yield* encodePicture(work);
  if (!vision.ok) return vision;
  const text = yield* embedText(work, question.value);
  if (!text.ok) return text;
  const data = await combine(work, question.value, vision.value, text.value, tools, signal);
  if (!data.ok) return data;
  yield { kind: 'phase', phase: 'send' };
  const embeddings = await bench.put('combined_embeddings.raw', data.value);
  if (!embeddings.ok) return embeddings;
  const settings = genieSettings(model.value, job.options, room.value);
  return yield* ask(work, {
    settings,
    embeddings: embeddings.value,
    room: room.value,
    rows,
    restored,
  });
}

/** What Genie reads: rows of text and picture in the trained order, of the table's type. */
async function combine(
  { model }: Work,
  { before, after }: Question,
  vision: Uint8Array | undefined,
  text: Uint8Array,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Uint8Array>> {
  const blob = (data: Uint8Array) => new Blob([data as Uint8Array<ArrayBuffer>]);
  const job: CombineJob = {
    model: { ...model.shape, imageRows: vision ? model.shape.imageRows : 0 },
    vision: {
      file: blob(vision ?? new Uint8Array()),
      ...(vision && model.quantised && { quantised: model.quantised }),
    },
    text: { kind: 'encoder', file: blob(text), output: model.lut.type },
    before,
    after,
  };
  const combined = await tools.combine(job, signal);
  return combined.ok ? ok(combined.value.data) : combined;
}

/** Genie's part. Its state is kept for the next question where a conversation is wanted. */
async function* ask(
  { job, bench, model, programs }: Work,
  question: {
    readonly settings: string;
    readonly embeddings: string;
    readonly room: number;
    readonly rows: number;
    readonly restored: SavedState | undefined;
  },
): Steps<void> {
  const settings = await bench.put('genie.json', question.settings);
  if (!settings.ok) return settings;
  const saving = job.options['conversation'] === 1 ? await stateFor(bench, job) : undefined;
  if (saving) {
    const made = await bench.folder(saving.dir);
    if (!made.ok) return made;
  }
  const command = genie(job.setup, programs.runner, {
    settings: settings.value,
    embeddings: question.embeddings,
    lut: model.lut.path,
    profile: `${bench.dir}/${PROFILE}`,
    save: saving?.dir,
    restore: question.restored?.dir,
  });
  let tokens: number | undefined;
  const said = bench.exec(command, fastVlmParser(), { files: [PROFILE] });
  for (;;) {
    const step = await said.next();
    if (step.done) return step.value.ok ? ok() : step.value;
    const event = step.value;
    if (event.kind === 'stat' && event.name === 'tokens') tokens = event.value;
    if (event.kind !== 'end') {
      yield event;
      continue;
    }
    // That engine computes on the CPU and nowhere else.
    if (model.decoder.on === 'cpu') yield ON_CPU;
    const used = question.rows + (tokens ?? question.room);
    if (saving) await bench.put(saving.mark, JSON.stringify({ used, run: saving.run }));
    const full = tokens !== undefined && tokens >= question.room;
    yield full && event.finish === 'stop' ? { kind: 'end', finish: 'length' } : event;
  }
}
