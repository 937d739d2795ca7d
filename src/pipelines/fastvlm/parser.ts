import type { OutputParser } from '../../domain/pipeline';
import type { ParsedEvent } from '../../domain/run';
import { createDiagnosis } from '../diagnosis';
import { facts } from '../figures';
import { Lines } from '../lines';
import { AnswerText } from './answer-text';
import { profileEvents } from './profile';

const MAX_LOG_CHARS = 8192;
/** genie-t2t-run's first words. qnn-net-run, which is closed source, prints anything else. */
const GENIE = /^Using libGenie\.so version (\S{1,40})/;
/** A compiled graph was taken: only the NPU's backend can do that. Seen in public reports (quic/aimet issue 4066). */
const ON_NPU = /^\[INFO\] +"Using create From Binary"/;

/** Reads qnn-net-run and genie-t2t-run, one program each. The answer streams. docs/pipelines/fastvlm.md. */
export function fastVlmParser(): OutputParser {
  const diagnosis = createDiagnosis('fastvlm');
  const stderr = new Lines(MAX_LOG_CHARS);
  const answer = new AnswerText();
  let genie = false;
  const log = (line: string): ParsedEvent => ({ kind: 'log', line });

  /** A line of either stream, outside the answer. */
  function* read(line: string): Generator<ParsedEvent, void, void> {
    if (line.trim()) yield log(line);
    diagnosis.see(line);
    const version = GENIE.exec(line)?.[1];
    if (version) {
      genie = true;
      yield* facts({ engine: `Genie ${version}` });
      yield { kind: 'phase', phase: 'load' };
    }
    if (ON_NPU.test(line)) yield { kind: 'ran', part: 'language', on: 'npu', line };
    if (/^Embedding file size: \d+ bytes/.test(line)) yield { kind: 'phase', phase: 'prefill' };
  }

  function* onStdout(step: ReturnType<AnswerText['push']>): Generator<ParsedEvent, void, void> {
    for (const line of step.lines) yield* read(line);
    if (step.text) yield { kind: 'text', text: step.text };
  }

  return {
    push(text, from) {
      if (from === 'stderr') return stderr.push(text).flatMap((line) => [...read(line)]);
      const began = answer.began;
      const events = [...onStdout(answer.push(text))];
      if (began || !answer.began) return events;
      const at = events.findIndex(({ kind }) => kind === 'text');
      return events.toSpliced(at < 0 ? events.length : at, 0, { kind: 'phase', phase: 'decode' });
    },
    end(exitCode, files) {
      const events = [
        ...onStdout(answer.end()),
        ...stderr.end().flatMap((line) => [...read(line)]),
      ];
      for (const [name, text] of Object.entries(files ?? {}))
        if (/(^|\/)profile[^/]*\.json$/.test(name)) events.push(...(profileEvents(text) ?? []));
      const whole = exitCode === 0 && (!(genie || answer.began) || answer.ended || answer.aborted);
      const failure = diagnosis.failure(exitCode, whole);
      if (failure) return [...events, { kind: 'failed', failure }];
      if (!whole) {
        const detail = answer.began ? 'Genie ended without [END]' : 'Genie ended without an answer';
        return [...events, { kind: 'failed', failure: { code: 'answer-missing', detail } }];
      }
      if (!answer.began) return events;
      return [...events, { kind: 'end', finish: answer.ended ? 'stop' : 'cancelled' }];
    },
  };
}
