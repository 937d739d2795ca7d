import type { OutputParser } from '../../domain/pipeline';
import type { ParsedEvent } from '../../domain/run';
import { createDiagnosis } from '../diagnosis';
import { Lines } from '../lines';
import { PlainText } from './plain-text';
import { parseJsonLine } from './json-line';
import { logLine, messageReader } from './messages';

const MAX_LINE_CHARS = 64 << 10;
/** Without -p and --image the tool chats, and for ever when its stdin ends. */
const CHAT = '\n Running in chat mode, available commands:\n   /image <path>';

/**
 * Reads upstream's llama-mtmd-cli: text on stdout and log on stderr, or with --log-jsonl both as JSON lines on stdout. Which
 * of the two it is, stdout's first character tells. docs/pipelines/llama-mtmd.md.
 */
export function llamaMtmdParser(): OutputParser {
  const diagnosis = createDiagnosis('llama-mtmd');
  const stderr = new Lines(MAX_LINE_CHARS);
  const json = new Lines(MAX_LINE_CHARS);
  const answer = new PlainText();
  const messages = messageReader();
  let head = '';
  let jsonLines: boolean | undefined;
  let chats = false;

  function* onLog(raw: string, atUs: number | undefined, text: string): Generator<ParsedEvent> {
    diagnosis.see(raw);
    if (raw.trim()) yield { kind: 'log', line: raw };
    yield* messages.see(text, atUs);
  }

  function* onStderr(raw: string): Generator<ParsedEvent, void, void> {
    const { atUs, message } = logLine(raw);
    yield* onLog(raw, atUs, message);
  }

  function* onPiece(text: string, atUs?: number): Generator<ParsedEvent, void, void> {
    const piece = answer.push(text);
    if (!piece) return;
    yield* messages.spoke(atUs);
    yield { kind: 'text', text: piece };
  }

  function* onJson(raw: string): Generator<ParsedEvent, void, void> {
    const line = parseJsonLine(raw);
    if (!line) return raw.trim() ? yield { kind: 'log', line: raw } : undefined;
    if (line.level === 'none') return yield* onPiece(line.msg, line.time);
    for (const text of line.msg.split('\n'))
      yield* onLog(line.level === 'error' ? `E ${text}` : text, line.time, text);
  }

  function* onStdout(text: string): Generator<ParsedEvent, void, void> {
    if (jsonLines) for (const line of json.push(text)) yield* onJson(line);
    else yield* onPiece(text);
  }

  /** Until it is plain what the tool does, its first characters are held. */
  function* onStart(text: string): Generator<ParsedEvent, void, void> {
    if (chats) return;
    head += text;
    if (head.startsWith(CHAT)) {
      chats = true;
      const detail = 'it began to chat instead of answering';
      yield { kind: 'failed', failure: { code: 'output-flood', detail } };
    } else if (!CHAT.startsWith(head)) yield* onDecided();
  }

  function* onDecided(): Generator<ParsedEvent, void, void> {
    jsonLines = head.startsWith('{');
    yield* onStdout(head);
  }

  return {
    push(text, from) {
      if (from === 'stderr') return stderr.push(text).flatMap((line) => [...onStderr(line)]);
      return [...(jsonLines === undefined ? onStart(text) : onStdout(text))];
    },
    end(exitCode) {
      const events = [
        ...stderr.end().flatMap((line) => [...onStderr(line)]),
        ...(jsonLines === undefined && head && !chats ? onDecided() : []),
        ...json.end().flatMap((line) => [...onJson(line)]),
      ];
      return chats ? events : [...events, judge(exitCode)];
    },
  };

  function judge(exitCode: number): ParsedEvent {
    const whole = exitCode === 0 && answer.began;
    const failure = diagnosis.failure(exitCode, whole);
    if (failure) return { kind: 'failed', failure };
    if (whole) return { kind: 'end', finish: answer.finish };
    return { kind: 'failed', failure: { code: 'answer-missing', detail: 'nothing on stdout' } };
  }
}
