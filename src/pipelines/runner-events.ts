import * as v from 'valibot';
import type { Failure, FailureCode } from '../domain/failure';
import type { OutputParser } from '../domain/pipeline';
import type { ParsedEvent } from '../domain/run';
import {
  MAX_LINE_CHARS,
  PROTOCOL_VERSION,
  RunnerEventSchema,
  type ERROR_CODES,
  type RunnerEvent,
} from '../domain/runner-protocol';
import { facts, rate, span, stats } from './figures';
import { Lines } from './lines';

const FAILURE_OF: Record<(typeof ERROR_CODES)[number], FailureCode> = {
  args: 'runner-refused',
  model: 'runner-load',
  image: 'runner-refused',
  prompt: 'runner-refused',
  context: 'context-too-small',
  request: 'runner-refused',
  internal: 'runner-refused',
};

/** A log keeps 2000 lines (domain/run.ts): this bounds what a babbling program costs. */
const MAX_LOG_CHARS = 8192;
const log = (line: string): ParsedEvent => ({ kind: 'log', line: line.slice(0, MAX_LOG_CHARS) });

/** Reads the output of a program that speaks docs/runner-protocol.md. */
export function runnerEventParser(): OutputParser {
  const stdout = new Lines(MAX_LINE_CHARS);
  const stderr = new Lines(MAX_LOG_CHARS);
  let ready = false;
  const read = (line: string): readonly ParsedEvent[] => {
    const event = parseLine(line);
    if (!event) return line.trim() ? [log(line)] : [];
    if (event.event === 'ready') ready = true;
    return [...toEvents(event)];
  };
  return {
    push: (text, from) =>
      from === 'stdout' ? stdout.push(text).flatMap(read) : stderr.push(text).map(log),
    end: (exitCode) => [
      ...stdout.end().flatMap(read),
      ...stderr.end().map(log),
      ...(exitCode === 0
        ? []
        : [{ kind: 'failed', failure: exitFailure(exitCode, ready) } as const]),
    ],
  };
}

function parseLine(line: string): RunnerEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = v.safeParse(RunnerEventSchema, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function* toEvents(event: RunnerEvent): Generator<ParsedEvent, void, void> {
  switch (event.event) {
    case 'ready':
      if (event.protocol > PROTOCOL_VERSION) {
        const detail = `the runner speaks protocol ${event.protocol}, this page ${PROTOCOL_VERSION}`;
        return yield { kind: 'failed', failure: { code: 'runner-protocol', detail } };
      }
      yield* facts({ engine: event.engine, model: event.model, system: event.system });
      yield* facts({
        parameters: event.parameters,
        threads: event.threads,
        context: event.context,
      });
      yield* stats({ load_ms: event.load_ms, load_vision_ms: event.load_vision_ms });
      yield* span('load', sum(event.load_ms, event.load_vision_ms));
      yield { kind: 'ready' };
      return;
    case 'prompt': {
      const tokens = event.prompt_tokens ?? sum(event.image_tokens, event.text_tokens);
      yield* stats({
        image_decode_ms: event.load_image_ms,
        encode_ms: event.vision_ms,
        image_tokens: event.image_tokens,
        text_tokens: event.text_tokens,
        prompt_tokens: tokens,
        prefill_ms: event.prefill_ms,
        prefill_rate: rate(tokens, event.prefill_ms),
      });
      yield* span('encode', sum(event.load_image_ms, event.vision_ms));
      yield* span('prefill', event.prefill_ms);
      yield { kind: 'phase', phase: 'decode' };
      return;
    }
    case 'token':
      if (event.text) yield { kind: 'text', text: event.text };
      return;
    case 'done':
      yield* stats({
        tokens: event.tokens,
        ttft_ms: event.first_token_ms,
        decode_ms: event.decode_ms,
        // One token has no gap to measure: no rate rather than infinity (alibaba/MNN#4335).
        decode_rate: event.tokens > 1 ? event.tokens_per_s : null,
        total_ms: event.total_ms,
        peak_memory: event.peak_rss_kb === null ? null : event.peak_rss_kb * 1024,
      });
      yield* span('decode', event.decode_ms);
      yield { kind: 'end', finish: event.finish };
      return;
    case 'error':
      yield {
        kind: 'failed',
        failure: { code: FAILURE_OF[event.code], detail: event.message.slice(0, 2000) },
      };
      return;
  }
}

const sum = (a: number | null, b: number | null) =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0);

/** What an exit code of 128 + n, 126 or 127 means. Source: POSIX.1-2024 sh, "Exit Status". */
function exitFailure(exitCode: number, ready: boolean): Failure {
  const detail = `exit code ${exitCode}`;
  if (exitCode === 132) return { code: 'runner-illegal-instruction', detail };
  if (exitCode === 127)
    return { code: 'device-file-missing', detail: `${detail}: program not found` };
  if (exitCode === 126)
    return { code: 'device-denied', detail: `${detail}: program not executable` };
  return { code: ready ? 'runner-crashed' : 'runner-load', detail };
}
