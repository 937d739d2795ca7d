import type { ParsedEvent } from '../../domain/run';
import { rate, stats } from '../figures';

/**
 * The figures of one answer as an ExecuTorch runner gives them: "PyTorchObserver {json}" on stdout and the same in
 * words on stderr. Source: pytorch/executorch extension/llm/runner/stats.h, print_report; docs/pipelines/executorch.md.
 */
export interface StatsRecord {
  /** Tokens prefilled, picture included. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the decode loop: the stop token counts, the first token does not. */
  readonly generatedTokens?: number | undefined;
  readonly loadMs?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly prefillMs?: number | undefined;
  readonly decodeMs?: number | undefined;
  readonly ttftMs?: number | undefined;
}

const OBSERVER = 'PyTorchObserver ';
const MAX_RECORD_CHARS = 8192;

/** Reads a line of stdout; undefined: it is not a record. Keys of all versions since 0.6; unknown keys are left alone. */
export function parseObserver(line: string): StatsRecord | undefined {
  const at = line.indexOf(`${OBSERVER}{`);
  if (at < 0 || line.length - at > MAX_RECORD_CHARS) return undefined;
  const read = readObject(line.slice(at + OBSERVER.length));
  if (!read) return undefined;
  const between = (from: string, to: string) => {
    const [start, end] = [read(from), read(to)];
    return start && end && end >= start ? end - start : undefined;
  };
  return {
    promptTokens: read('prompt_tokens'),
    generatedTokens: read('generated_tokens'),
    loadMs: between('model_load_start_ms', 'model_load_end_ms'),
    totalMs: between('inference_start_ms', 'inference_end_ms'),
    prefillMs: between('inference_start_ms', 'prompt_eval_end_ms'),
    decodeMs: between('prompt_eval_end_ms', 'inference_end_ms'),
    ttftMs: between('inference_start_ms', 'first_token_ms'),
  };
}

/** C++ streams print inf and nan, which JSON does not know. */
function readObject(text: string): ((key: string) => number | undefined) | undefined {
  try {
    const json: unknown = JSON.parse(text.trim().replace(/(":\s*)-?(?:inf|nan)\b/gi, '$1null'));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
    const fields = new Map<string, unknown>(Object.entries(json));
    return (key) => {
      const value = fields.get(key);
      return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
    };
  } catch {
    return undefined;
  }
}

/** Lines of the block on stderr, TABs or blanks between the words. A rate of inf or nan is not read. */
const WORDS: readonly (readonly [RegExp, (...values: number[]) => StatsRecord])[] = [
  [
    /^\s*Prompt Tokens:\s+(\d+)\s+Generated Tokens:\s+(\d+)/,
    (promptTokens, generatedTokens) => ({ promptTokens, generatedTokens }),
  ],
  [/^\s*Model Load Time:\s+([\d.]+) \(seconds\)/, (loadMs) => ({ loadMs: ms(loadMs) })],
  [/^\s*Total inference time:\s+([\d.]+) \(seconds\)/, (s) => ({ totalMs: ms(s) })],
  [/^\s*Prompt evaluation:\s+([\d.]+) \(seconds\)/, (s) => ({ prefillMs: ms(s) })],
  [/^\s*Generated \d+ tokens:\s+([\d.]+) \(seconds\)/, (s) => ({ decodeMs: ms(s) })],
  [/^\s*Time to first generated token:\s+([\d.]+) \(seconds\)/, (s) => ({ ttftMs: ms(s) })],
];
const ms = (seconds = NaN) => {
  const value = Math.round(seconds * 1e6) / 1e3;
  return Number.isFinite(value) ? value : undefined;
};

/** Collects the records of a program. With several turns there is one for each. */
export function statsReader() {
  const observed: StatsRecord[] = [];
  let words: StatsRecord | undefined;
  let turns = 0;
  return {
    /** Reads a line of stdout; true: it was a record. */
    stdout(line: string): boolean {
      const record = parseObserver(line);
      if (record) observed.push(record);
      return record !== undefined;
    },
    /** Reads the message of a log line; true: it belongs to the block. */
    message(text: string): boolean {
      for (const [pattern, record] of WORDS) {
        const found = pattern.exec(text)?.slice(1);
        if (!found) continue;
        const first = pattern === WORDS[0]?.[0];
        if (first) turns++;
        words = { ...(first ? {} : words), ...record(...found.map(Number)) };
        return true;
      }
      return /^\s*Sampling time over \d+ tokens:/.test(text);
    },
    /** Of the last answer: the JSON record where there is one, else the block in words. They never differ by more than a rounding. */
    latest: (): StatsRecord | undefined => observed.at(-1) ?? words,
    /** How many answers have their figures. */
    turns: () => Math.max(observed.length, turns),
  };
}

/** A record as figures. Rates by the formulas of stats.h, from whole milliseconds; a rate over no time is left out. */
export function* statEvents(record: StatsRecord): Generator<ParsedEvent, void, void> {
  const { promptTokens, generatedTokens, prefillMs, decodeMs } = record;
  yield* stats({
    load_ms: record.loadMs,
    prompt_tokens: promptTokens,
    prefill_ms: prefillMs,
    prefill_rate: rate(promptTokens, prefillMs),
    ttft_ms: record.ttftMs,
    decode_ms: decodeMs,
    decode_rate: rate(generatedTokens, decodeMs),
    tokens: generatedTokens,
    total_ms: record.totalMs,
  });
}
