import type { Asked, OutputParser } from '../../domain/pipeline';
import type { Failure } from '../../domain/failure';
import type { ParsedEvent } from '../../domain/run';
import { createDiagnosis } from '../diagnosis';
import { facts, stats } from '../figures';
import { Lines } from '../lines';
import { logReader, rssBytes, type LogLine } from './log';
import { statEvents, statsReader, type StatsRecord } from './stats';

/** What one pipeline's programs say beyond ExecuTorch's log and figures. One for each program that is started. */
export interface Reading {
  /** A line of stderr. Lines that go on a record, and may be the question, are not passed here. */
  stderr(line: LogLine): Iterable<ParsedEvent>;
  /** A line of stdout that is no record. */
  stdout(line: string): Iterable<ParsedEvent>;
  /** The answer, out of the result file's text (undefined: there is none, or nobody looked). */
  answer(text: string | undefined): Answer | undefined;
  /** What is known at the end only. `turns`: how many answers gave figures. */
  finish(record: StatsRecord | undefined, turns: number): Iterable<ParsedEvent>;
  /** True for a program that prepares and does not answer: its end is no answer, and none is missed. */
  readonly prepares: boolean;
}
export interface Answer {
  readonly text: string;
  readonly finish: 'stop' | 'length';
  /** Why the answer is not the one that was asked for. */
  readonly missing?: string;
}

/** The result file of both QNN runners. */
export const OUTPUTS = 'outputs.txt';
const MAX_LOG_CHARS = 8192;
/** A whole answer can stand on one line of stdout. */
const MAX_STDOUT_CHARS = 1 << 20;
/** Lines in which a runner repeats the question: whatever stands there is no trouble of the runner's. */
const QUOTES = /^(?:params\.prompt:|add_text:|Turn-\d+:|Prompt after expanding image token:)/;

/** The parser of ExecuTorch's QNN runners: they say little while they work, and write their answer to a file at the end. */
export function executorchParser(
  pipeline: string,
  about: Asked | undefined,
  reading: Reading,
): OutputParser {
  const stdout = new Lines(MAX_STDOUT_CHARS);
  const stderr = new Lines(MAX_LOG_CHARS);
  const diagnosis = createDiagnosis(pipeline);
  const records = statsReader();
  const read = logReader();
  const asked = new Set([...(about?.earlier ?? []), about?.prompt ?? ''].flatMap(linesOf));
  let printed = false;
  let peakBytes = 0;

  function* onStderr(raw: string): Generator<ParsedEvent, void, void> {
    const line = read(raw);
    printed ||= raw.trim() !== '';
    yield log(raw);
    const quoted = line.continued || QUOTES.test(line.message) || asked.has(line.message.trim());
    if (quoted) return;
    diagnosis.see(raw);
    if (records.message(line.message)) return;
    const bytes = rssBytes(line.message) ?? 0;
    if (bytes > peakBytes) yield* stats({ peak_memory: (peakBytes = bytes) });
    yield* reading.stderr(line);
  }

  function* onStdout(line: string): Generator<ParsedEvent, void, void> {
    printed ||= line.trim() !== '';
    if (!records.stdout(line)) yield* reading.stdout(line);
  }

  /** Exit code 0 proves nothing here: both runners leave the result of generating unchecked. */
  function* judge(
    exitCode: number,
    files: Readonly<Record<string, string>> | undefined,
  ): Generator<ParsedEvent, void, void> {
    const answer = reading.answer(fileNamed(files, OUTPUTS));
    const measured = records.turns() > 0;
    const missing = !answer
      ? files && `${OUTPUTS} is missing or empty`
      : (answer.missing ?? (measured || !printed ? undefined : 'no PyTorchObserver record'));
    const whole = answer ? !missing : reading.prepares || (measured && !missing);
    const failure =
      diagnosis.failure(exitCode, whole && exitCode === 0) ??
      (missing && !reading.prepares ? lacking(missing, exitCode) : undefined);
    for (const note of diagnosis.notes()) yield { kind: 'warning', failure: note };
    if (answer?.text) yield { kind: 'text', text: answer.text };
    if (failure) yield { kind: 'failed', failure };
    else if (answer) yield { kind: 'end', finish: answer.finish };
  }

  return {
    push: (text, from) =>
      from === 'stdout'
        ? stdout.push(text).flatMap((line) => [...onStdout(line)])
        : stderr.push(text).flatMap((line) => [...onStderr(line)]),
    end(exitCode, files) {
      const rest = [
        ...stderr.end().flatMap((line) => [...onStderr(line)]),
        ...stdout.end().flatMap((line) => [...onStdout(line)]),
      ];
      const record = records.latest();
      return [
        ...rest,
        ...(record ? statEvents(record) : []),
        ...reading.finish(record, records.turns()),
        ...speed(fileNamed(files, 'inference_speed.txt')),
        ...judge(exitCode, files),
      ];
    },
  };
}

const log = (line: string): ParsedEvent => ({ kind: 'log', line });
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const lacking = (what: string, exitCode: number): Failure => ({
  code: 'answer-missing',
  detail: `${what}; exit code ${exitCode}`,
});

/** The runner's own rate over all its time: one bare number. */
function speed(text: string | undefined): Iterable<ParsedEvent> {
  return facts({ 'inference-speed': text && /^\s*([0-9.]{1,20})\s*$/.exec(text)?.[1] });
}

/** A result file by its base name, where it is there and not empty. */
function fileNamed(
  files: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  const found = Object.entries(files ?? {}).find(([path]) => path.split('/').at(-1) === name);
  return found?.[1] || undefined;
}

/** Passes on each new phase once, however many lines tell of it. */
export function phases(table: readonly (readonly [RegExp, Phase])[]) {
  let now: Phase | undefined;
  return function* (message: string): Generator<ParsedEvent, void, void> {
    const phase = table.find(([pattern]) => pattern.test(message))?.[1];
    if (!phase || phase === now) return;
    now = phase;
    yield { kind: 'phase', phase };
  };
}
type Phase = (ParsedEvent & { kind: 'phase' })['phase'];

/** The part of a text before the first of these marks, and whether there was one. */
export function cutAt(text: string, marks: readonly string[]): readonly [string, boolean] {
  const at = marks.map((mark) => text.indexOf(mark)).filter((index) => index >= 0);
  return at.length ? [text.slice(0, Math.min(...at)), true] : [text, false];
}
