import type { Part, Processor, Proofs } from './accelerator';
import type { Failure } from './failure';

/** The parts of a run, in order. */
export const PHASES = ['prepare', 'send', 'load', 'encode', 'prefill', 'decode'] as const;
export type Phase = (typeof PHASES)[number];

/** Who measured a figure: the runner on the device, or the page. Never mixed in one figure. */
export type Source = 'runner' | 'page';

/** The closed list of figures, each with its unit. Names reach reports and links. */
export const STATS = {
  /** Loading the language model. Not part of TTFT. */
  load_ms: 'ms',
  /** Loading the vision model. */
  load_vision_ms: 'ms',
  /** Decoding the picture file on the device. */
  image_decode_ms: 'ms',
  /** Vision encoder and projector. */
  encode_ms: 'ms',
  image_tokens: 'tok',
  text_tokens: 'tok',
  /** Tokens of picture and text together that were prefilled. */
  prompt_tokens: 'tok',
  prefill_ms: 'ms',
  prefill_rate: 'tok/s',
  /** From the request's arrival at the runner to the first token; load excluded (ExecuTorch extension/llm/runner/stats.h counts so too). */
  ttft_ms: 'ms',
  /** From pressing Run to the first token on the screen; everything included. */
  ttft_page_ms: 'ms',
  decode_ms: 'ms',
  decode_rate: 'tok/s',
  tokens: 'tok',
  total_ms: 'ms',
  peak_memory: 'B',
  /** The page's own time from asking to the request lying in the device's pipe (acknowledged): without sending the picture and loading. */
  host_overhead_ms: 'ms',
} as const satisfies Record<string, 'ms' | 'tok/s' | 'tok' | 'B'>;
export type StatName = keyof typeof STATS;

/** What a parser reads out of a runner's output. */
export type ParsedEvent =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** A finished phase with a duration that its source measured itself. */
  | { readonly kind: 'span'; readonly phase: Phase; readonly ms: number; readonly source: Source }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'stat';
      readonly name: StatName;
      readonly value: number;
      readonly source: Source;
    }
  /** A fact about the runner or model, for example engine: "llama.cpp (WASM)". Untrusted text. */
  | { readonly kind: 'fact'; readonly name: string; readonly value: string }
  | { readonly kind: 'log'; readonly line: string }
  /** The runner's line proves where this part runs; a later line may prove the contrary (a fallback). */
  | { readonly kind: 'ran'; readonly part: Part; readonly on: Processor; readonly line: string }
  /** Something that a person should know of this answer, and that does not end it: a code with a sentence, and why. */
  | { readonly kind: 'warning'; readonly failure: Failure }
  /** The program has loaded its model and takes questions. */
  | { readonly kind: 'ready' }
  /** The answer is whole. "length": cut at the token limit. */
  | { readonly kind: 'end'; readonly finish: 'stop' | 'length' | 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An event and when it reached the page, in ms since the run began (page clock). The last one of a run is `end` or `failed`. */
export type RunEvent = ParsedEvent & { readonly atMs: number };

/** A phase can come again (two programs load a model each): then the page's clock gives a span for each time. */
export interface Span {
  readonly phase: Phase;
  readonly startMs: number;
  readonly ms: number;
  /** Who measured `ms`. The start is always the page's clock. */
  readonly source: Source;
}

export interface Stat {
  readonly value: number;
  readonly source: Source;
}

/** Everything a run has said so far. */
export interface RunState {
  readonly is: 'running' | 'done' | 'failed';
  /** What is going on now, and since when. */
  readonly phase: Phase | undefined;
  readonly phaseSinceMs: number;
  readonly text: string;
  readonly spans: readonly Span[];
  readonly stats: Readonly<Partial<Record<StatName, Stat>>>;
  readonly facts: Readonly<Record<string, string>>;
  readonly proofs: Proofs;
  /** One of each code. */
  readonly warnings: readonly Failure[];
  readonly log: readonly string[];
  /** Lines dropped from the front of `log`. */
  readonly logDropped: number;
  /** Arrival of each piece of text, for inter-token gaps and replay. */
  readonly arrivals: readonly { readonly atMs: number; readonly text: string }[];
  readonly finish: 'stop' | 'length' | 'cancelled' | undefined;
  readonly failure: Failure | undefined;
}

export const INITIAL_RUN: RunState = {
  is: 'running',
  phase: undefined,
  phaseSinceMs: 0,
  text: '',
  spans: [],
  stats: {},
  facts: {},
  proofs: {},
  warnings: [],
  log: [],
  logDropped: 0,
  arrivals: [],
  finish: undefined,
  failure: undefined,
};

const MAX_LOG_LINES = 2000;

/** Folds one event into the state. Pure: the screen, the report and the tests all use this. */
export function reduce(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case 'phase':
      if (event.phase === state.phase) return state;
      return { ...closePhase(state, event.atMs), phase: event.phase, phaseSinceMs: event.atMs };
    case 'span':
      return { ...state, spans: addSpan(state.spans, event) };
    case 'text':
      return {
        ...state,
        text: state.text + event.text,
        arrivals: append(state.arrivals, { atMs: event.atMs, text: event.text }),
      };
    case 'stat':
      return {
        ...state,
        stats: { ...state.stats, [event.name]: { value: event.value, source: event.source } },
      };
    case 'fact':
      return { ...state, facts: { ...state.facts, [event.name]: event.value } };
    case 'warning': {
      const others = state.warnings.filter(({ code }) => code !== event.failure.code);
      return { ...state, warnings: [...others, event.failure] };
    }
    case 'ran': {
      const { part, on, line } = event;
      return { ...state, proofs: { ...state.proofs, [part]: { on, line } } };
    }
    case 'log': {
      const over = state.log.length >= MAX_LOG_LINES ? 1 : 0;
      return {
        ...state,
        log: append(state.log.slice(over), event.line),
        logDropped: state.logDropped + over,
      };
    }
    case 'ready':
      return closePhase(state, event.atMs);
    case 'end':
      return { ...closePhase(state, event.atMs), is: 'done', finish: event.finish };
    case 'failed':
      return { ...closePhase(state, event.atMs), is: 'failed', failure: event.failure };
  }
}

/** A copy and one more. `concat` copies memory; a spread walks an iterator and took 3 times as long for 20 000 tokens. */
const append = <T>(list: readonly T[], value: T): readonly T[] => list.concat([value]);

/**
 * Ends the current phase on the page's clock, unless its runner gave a span for it already. It ends no
 * later than what the runner measured after it began: prefill is not encoding, though the page hears of both at once.
 */
function closePhase(state: RunState, atMs: number): RunState {
  const { phase, phaseSinceMs, spans } = state;
  if (!phase) return state;
  // A runner that times prefill but not encoding has encoded within it (docs/runner-protocol.md, vision_ms).
  const measured = spans.some(
    (span) =>
      (span.phase === phase && span.source === 'runner') ||
      (phase === 'encode' && holdsEncode(span)),
  );
  const later = spans.filter(({ startMs, ms }) => startMs + ms > phaseSinceMs);
  const endMs = Math.max(phaseSinceMs, Math.min(atMs, ...later.map(({ startMs }) => startMs)));
  const span: Span = { phase, startMs: phaseSinceMs, ms: endMs - phaseSinceMs, source: 'page' };
  return {
    ...state,
    phase: undefined,
    phaseSinceMs: atMs,
    spans: measured ? spans : [...spans, span],
  };
}

const holdsEncode = ({ phase, source }: Span) => phase === 'prefill' && source === 'runner';

/** A span that a runner measured ends where it was reported; those reported before it move back to make room. */
function addSpan(spans: readonly Span[], event: RunEvent & { kind: 'span' }): readonly Span[] {
  const { phase, ms, source } = event;
  const startMs = Math.max(0, event.atMs - ms);
  const kept: Span[] = [];
  let limitMs = startMs;
  for (const span of spans.filter((other) => other.phase !== phase).reverse()) {
    const over = span.source === 'runner' && span.startMs + span.ms > limitMs;
    const moved = over ? { ...span, startMs: Math.max(0, limitMs - span.ms) } : span;
    limitMs = Math.min(limitMs, moved.startMs);
    kept.unshift(moved);
  }
  return [...kept, { phase, startMs, ms, source }];
}
