import type { Part, Processor, Proofs, Requested, Verdict } from '../domain/accelerator';
import { PHASES, STATS, type Phase, type StatName } from '../domain/run';
import type { TroubleKind } from '../domain/virtual';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, decimal units: "2.0 MB". */
export function bytes(value: number): string {
  const [number, unit] = bytesParts(value);
  return `${number} ${unit}`;
}

/** "1.2 of 2.0 MB": both in the unit of the total. */
export function bytesOf(doneBytes: number, totalBytes: number): string {
  const [total, unit, scale] = bytesParts(totalBytes);
  return `${digits(doneBytes / scale)} of ${total} ${unit}`;
}

function bytesParts(value: number): readonly [string, string, number] {
  let index = 0;
  let scale = 1;
  while (value / scale >= 999.5 && index < UNITS.length - 1) {
    index += 1;
    scale *= 1000;
  }
  const shown = index === 0 ? String(Math.round(value)) : digits(value / scale);
  return [shown, UNITS[index] ?? 'B', scale];
}

/** Three significant digits at most, one after the point at least below 100. */
export const digits = (value: number): string =>
  value >= 99.95 ? String(Math.round(value)) : value.toFixed(1);

/** A duration for people: "12 ms", "1.24 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A figure of a run as number and unit, apart so that the unit can be set smaller. */
export function figure(name: StatName, value: number): readonly [string, string] {
  const unit = STATS[name];
  switch (unit) {
    case 'ms': {
      const [number, shown] = duration(value).split(' ');
      return value < 59_950 ? [number ?? '', shown ?? ''] : [duration(value), ''];
    }
    case 'B': {
      const [number, shown] = bytesParts(value);
      return [number, shown];
    }
    case 'tok':
      return [String(value), value === 1 ? 'token' : 'tokens'];
    case 'tok/s':
      return [digits(value), 'tok/s'];
  }
}

/** What each figure is, in words. */
export const STAT_LABELS = {
  load_ms: 'language model loaded',
  load_vision_ms: 'vision model loaded',
  image_decode_ms: 'picture file read',
  encode_ms: 'picture encoded',
  image_tokens: 'picture',
  text_tokens: 'question and frame',
  prompt_tokens: 'picture and question',
  prefill_ms: 'prefill',
  prefill_rate: 'prefill',
  ttft_ms: 'first token, load excluded',
  ttft_page_ms: 'Run to first word, all included',
  decode_ms: 'decode',
  decode_rate: 'decode',
  tokens: 'answer',
  total_ms: 'request in all, load excluded',
  peak_memory: 'peak memory of the runner',
  host_overhead_ms: 'handing the request over',
} as const satisfies Record<StatName, string>;

/** What each phase is, in words, and while it goes on. */
export const PHASE_LABELS = {
  prepare: ['prepare', 'Preparing the picture'],
  send: ['send', 'Sending the picture'],
  load: ['load', 'Loading the model'],
  encode: ['image', 'Looking at the picture'],
  prefill: ['prefill', 'Reading the question'],
  decode: ['decode', 'Answering'],
} as const satisfies Record<Phase, readonly [string, string]>;

/** Phases in their order, for tables. */
export const phaseOrder = (phase: Phase): number => PHASES.indexOf(phase);

/** Scripted trouble, for people. */
export const TROUBLE_LABELS = {
  none: 'No trouble',
  unplug: 'The cable goes in the middle of the work',
  'auth-ignored': 'Nobody answers the question on the phone',
  'auth-refused': 'The owner says no',
  'disk-full': 'The storage is full',
  'slow-link': 'A slow cable (1 MB/s)',
  'missing-program': 'The program does not start',
} as const satisfies Record<TroubleKind, string>;

/** "9f2c41ab…": enough of a hash to compare by eye. */
export const shortHash = (sha256: string): string => `${sha256.slice(0, 8)}…${sha256.slice(-4)}`;

/** What may be said of where a run computed: short, for a chip and beside a number. */
export const VERDICT_LABELS: Readonly<Record<Verdict, string>> = {
  npu: 'NPU',
  'partly-npu': 'partly NPU',
  'cpu-fallback': 'CPU fallback',
  'not-proven': 'not proven',
  cpu: 'CPU',
  gpu: 'GPU',
};

const PROCESSORS: Readonly<Record<Processor, string>> = { npu: 'NPU', gpu: 'GPU', cpu: 'CPU' };
const PARTS_OF_MODEL: Readonly<Record<Part, string>> = {
  vision: 'Vision encoder',
  language: 'Language model',
};

/** A verdict as it stands beside a number. What a simulated runner says of processors is not true of this device. */
export const verdictLabel = (verdict: Verdict, simulated: boolean): string =>
  simulated ? `simulated, “${VERDICT_LABELS[verdict]}”` : VERDICT_LABELS[verdict];

/** One sentence a part: where it was asked to run, and what proves where it did. */
export function whereItRan(requested: Requested, proofs: Proofs): readonly string[] {
  return (Object.keys(PARTS_OF_MODEL) as Part[]).flatMap((part) => {
    const wanted = requested[part];
    const proof = proofs[part];
    if (!wanted) return [];
    const said = proof
      ? `ran on the ${PROCESSORS[proof.on]}: “${proof.line}”`
      : wanted === 'cpu'
        ? 'asked to run on the CPU, which needs no proof'
        : `asked to run on the ${PROCESSORS[wanted]}; no line of the runner proves it`;
    return [`${PARTS_OF_MODEL[part]} ${said}`];
  });
}
