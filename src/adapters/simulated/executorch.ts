import type { SimulatedIo } from './host';

const MAX_MESSAGE_BYTES = 255;

/** The log of an ExecuTorch program on stderr. Format: pytorch/executorch runtime/platform/default/posix.cpp. */
export class EtLog {
  readonly #io: SimulatedIo;
  readonly #sinceMs: number;

  constructor(io: SimulatedIo) {
    this.#io = io;
    this.#sinceMs = io.now();
  }

  /** One record; a message over 255 bytes is cut, as there. */
  async say(where: string, message: string, level: 'I' | 'E' | 'F' = 'I'): Promise<void> {
    const bytes = new TextEncoder().encode(message).subarray(0, MAX_MESSAGE_BYTES);
    const cut = new TextDecoder().decode(bytes);
    await this.#io.warn(`${level} ${this.#stamp()} executorch:${where}] ${cut}\n`);
  }

  /** A failed ET_CHECK_MSG: the record, and what the shell adds. */
  async abort(where: string, fn: string, condition: string, message: string): Promise<void> {
    await this.say(where, `In function ${fn}(), assert failed (${condition}): ${message}`, 'F');
    await this.#io.warn('Aborted\n');
  }

  async qnn(message: string, level: 'INFO' | 'ERROR' = 'INFO'): Promise<void> {
    await this.#io.warn(`[${level}] [Qnn ExecuTorch]: ${message}\n`);
  }

  #stamp(): string {
    const ms = Math.max(0, this.#io.now() - this.#sinceMs);
    const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
    const seconds = (ms / 1000) % 60;
    return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${seconds.toFixed(6).padStart(9, '0')}`;
  }
}

/** Times in milliseconds since 1970. */
export interface EtTimes {
  readonly loadStart: number;
  readonly loadEnd: number;
  readonly start: number;
  readonly firstToken: number;
  readonly end: number;
  readonly promptTokens: number;
  /** The first token is not counted (extension/llm/runner/stats.h). */
  readonly generated: number;
}

/** The stats block: lines on stderr, the JSON line on stdout. Source: pytorch/executorch extension/llm/runner/stats.h. */
export async function printStats(
  io: SimulatedIo,
  log: EtLog,
  times: EtTimes,
  rates: boolean,
): Promise<void> {
  const t = {
    ...times,
    loadStart: Math.round(times.loadStart),
    loadEnd: Math.round(times.loadEnd),
    start: Math.round(times.start),
    firstToken: Math.round(times.firstToken),
    end: Math.round(times.end),
  };
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(6);
  const rate = (tokens: number, from: number, to: number) =>
    to > from ? ((tokens * 1000) / (to - from)).toFixed(6) : tokens > 0 ? 'inf' : '-nan';
  const timed = (tokens: number, from: number, to: number) =>
    `${seconds(from, to)} (seconds)\t\t Rate: \t${rate(tokens, from, to)} (tokens/second)`;
  const lines = [
    `\tPrompt Tokens: ${t.promptTokens}    Generated Tokens: ${t.generated}`,
    `\tModel Load Time:\t\t${seconds(t.loadStart, t.loadEnd)} (seconds)`,
    `\tTotal inference time:\t\t${timed(t.generated, t.start, t.end)}`,
    `\t\tPrompt evaluation:\t${timed(t.promptTokens, t.start, t.firstToken)}`,
    `\t\tGenerated ${t.generated} tokens:\t${timed(t.generated, t.firstToken, t.end)}`,
    `\tTime to first generated token:\t${seconds(t.start, t.firstToken)} (seconds)`,
    `\tSampling time over ${t.promptTokens + t.generated} tokens:\t0.000000 (seconds)`,
  ];
  for (const line of lines) await log.say('stats.h:143', line);
  const float = (value: string) => String(Number(Number(value).toPrecision(6)));
  const head = rates
    ? `"prefill_token_per_sec":${float(rate(t.promptTokens, t.start, t.firstToken))},"decode_token_per_sec":${float(rate(t.generated, t.firstToken, t.end))},`
    : '';
  await io.print(
    `PyTorchObserver {${head}"prompt_tokens":${t.promptTokens},"generated_tokens":${t.generated},"model_load_start_ms":${t.loadStart},"model_load_end_ms":${t.loadEnd},"inference_start_ms":${t.start},"inference_end_ms":${t.end},"prompt_eval_end_ms":${t.firstToken},"first_token_ms":${t.firstToken},"aggregate_sampling_time_ms":0,"SCALING_FACTOR_UNITS_PER_SECOND":1000}\n`,
  );
}

/** Content of the performance file: one number, six significant digits, no line end. */
export const speedText = ({ generated, start, end }: EtTimes): string =>
  String(Number(((generated * 1000) / Math.max(1, Math.round(end - start))).toPrecision(6)));
