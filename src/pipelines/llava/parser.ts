import type { Asked, OutputParser } from '../../domain/pipeline';
import type { ParsedEvent } from '../../domain/run';
import { createDiagnosis } from '../diagnosis';
import { logReader, rssBytes } from '../executorch/log';
import { phases } from '../executorch/parser';
import { statEvents, statsReader } from '../executorch/stats';
import { span, stats } from '../figures';
import { Lines } from '../lines';
import { EchoedText } from './echoed-text';

const MAX_LOG_CHARS = 8192;
/** Encoding the picture and reading the prompt are one step here: its end is the first thing said after its begin. */
const PHASES = [
  [/^Resetting threadpool with num threads/, 'load'],
  [/^RSS after loading model: /, 'encode'],
  [/^RSS after multimodal input processing: /, 'decode'],
] as const;

/** What the host puts after a question: the runner's template ends before it. */
export const QUESTION_END = ' ASSISTANT:';

/** Reads llava_main. It streams; its prompt comes first and its figures last, on the same stdout. docs/pipelines/llava.md. */
export function llavaParser(about?: Asked): OutputParser {
  const diagnosis = createDiagnosis('llava');
  const stderr = new Lines(MAX_LOG_CHARS);
  const answer = new EchoedText(about && `${about.prompt}${QUESTION_END}`, QUESTION_END);
  const records = statsReader();
  const read = logReader();
  const phase = phases(PHASES);
  let peakBytes = 0;
  let stopped = false;

  function* onStderr(raw: string): Generator<ParsedEvent, void, void> {
    yield { kind: 'log', line: raw };
    const { message } = read(raw);
    diagnosis.see(raw);
    stopped ||= /^Reached to the end of generation/.test(message);
    if (records.message(message)) return;
    const bytes = rssBytes(message) ?? 0;
    if (bytes > peakBytes) yield* stats({ peak_memory: (peakBytes = bytes) });
    yield* phase(message);
  }

  return {
    push(text, from) {
      if (from === 'stderr') return stderr.push(text).flatMap((line) => [...onStderr(line)]);
      const piece = answer.push(text);
      return piece ? [{ kind: 'text', text: piece }] : [];
    },
    end(exitCode) {
      const piece = answer.end();
      const events: ParsedEvent[] = [
        ...(piece ? [{ kind: 'text', text: piece } as const] : []),
        ...stderr.end().flatMap((line) => [...onStderr(line)]),
      ];
      for (const line of answer.after.split('\n')) records.stdout(line);
      const record = records.latest();
      if (record)
        events.push(
          ...statEvents(record),
          ...span('load', record.loadMs),
          ...span('prefill', record.prefillMs),
          ...span('decode', record.decodeMs),
        );
      const whole = exitCode === 0 && record !== undefined;
      const failure = diagnosis.failure(exitCode, whole);
      if (failure) return [...events, { kind: 'failed', failure }];
      if (whole) return [...events, { kind: 'end', finish: stopped ? 'stop' : 'length' }];
      const detail = 'no PyTorchObserver record';
      return [...events, { kind: 'failed', failure: { code: 'answer-missing', detail } }];
    },
  };
}
