import type { Asked, OutputParser } from '../../domain/pipeline';
import type { ParsedEvent } from '../../domain/run';
import type { LogLine } from '../executorch/log';
import { executorchParser, phases, type Reading } from '../executorch/parser';
import type { StatsRecord } from '../executorch/stats';
import { facts, span, stats } from '../figures';
import { turnsIn } from './turns';

const PHASES = [
  [/^(?:Embedding: |Load Encoder: |Creating encoder module|creating (?:module|runner): )/, 'load'],
  [/^Encoding (?:image )?tensor with numel: /, 'encode'],
  [/^(?:Merging text embeddings|Prompt Processor: total )/, 'prefill'],
  [/^RSS after prompt prefill: /, 'decode'],
] as const;

/** The compiled model is shorter than its manifest says. */
const CLAMPED = /^Warning: Requested seq_len \(\d+\) exceeds compiled max_seq_len/;

/** Reads qnn_multimodal_runner of both generations. docs/pipelines/qnn-multimodal.md. */
export const qnnMultimodalParser = (about?: Asked): OutputParser =>
  executorchParser('qnn-multimodal', about, reading(about));

function reading(about: Asked | undefined): Reading {
  const phase = phases(PHASES);
  const encoding = stopwatch(
    /^Encoding (?:image )?tensor with numel: /,
    /^Encoder execution completed/,
  );
  const loading = stopwatch(/^Creating encoder module: /, /^Encoder loaded successfully/);
  const tokens = imageTokens();
  const proof = contextProof();
  const questions = about && [...about.earlier, about.prompt];
  let loaded = false;
  let encodedAfterLoad = false;
  return {
    *stderr(line: LogLine) {
      yield* phase(line.message);
      encoding.see(line);
      loading.see(line);
      tokens.see(line.message);
      loaded ||= /^creating runner: /.test(line.message);
      encodedAfterLoad ||= loaded && /^Encoder execution completed/.test(line.message);
      yield* proof(line);
      if (CLAMPED.test(line.message)) yield* facts({ 'seq-len-clamped': line.message });
    },
    stdout: () => [],
    answer(text) {
      if (text === undefined) return undefined;
      const turns = turnsIn(text, questions);
      const last = turns.at(-1);
      const wanted = questions?.length ?? turns.length;
      if (!last) return { text: '', finish: 'stop', missing: 'no turn of a known model in it' };
      const missing = turns.length < wanted && `${turns.length} of ${wanted} answers`;
      return {
        text: missing ? '' : last.text,
        finish: last.stopped ? 'stop' : 'length',
        ...(missing && { missing }),
      };
    },
    *finish(record, turns) {
      const encodeMs = encoding.ms();
      yield* stats({ encode_ms: encodeMs, load_vision_ms: loading.ms() });
      yield* stats({ image_tokens: tokens.count() });
      if (turns === 1) yield* stats({ text_tokens: less(record?.promptTokens, tokens.count()) });
      const within = encodedAfterLoad && turns === 1;
      yield* spans(record, encodeMs, within);
    },
    prepares: false,
  };
}

/**
 * Later versions encode within what they count as prefill. Loading, and v1.2.0's encoding before it, the page's clock has seen
 * in their places; the runner's own figures for them have none on it.
 */
function* spans(
  record: StatsRecord | undefined,
  encodeMs: number | undefined,
  within: boolean,
): Generator<ParsedEvent, void, void> {
  if (within) yield* span('encode', encodeMs);
  yield* span('prefill', within ? less(record?.prefillMs, encodeMs) : record?.prefillMs);
  yield* span('decode', record?.decodeMs);
}

const less = (whole: number | undefined, part: number | undefined) =>
  whole !== undefined && part !== undefined && whole >= part ? micros(whole - part) : undefined;
/** The runner's clock has microseconds: more digits would be ours. */
const micros = (ms: number) => Math.round(ms * 1e3) / 1e3;

/** Time between two lines by the runner's own clock, all such pairs together. */
function stopwatch(start: RegExp, stop: RegExp) {
  let sinceMs: number | undefined;
  let total: number | undefined;
  return {
    see({ message, atMs }: LogLine): void {
      if (start.test(message)) sinceMs = atMs;
      if (!stop.test(message) || sinceMs === undefined || atMs === undefined) return;
      if (atMs >= sinceMs) total = micros((total ?? 0) + atMs - sinceMs);
      sinceMs = undefined;
    },
    ms: () => total,
  };
}

/** The pictures' tokens: told outright by v1.2.0; later ones count up, text and pictures in turn. */
function imageTokens() {
  let pictures: number | undefined;
  let before = 0;
  return {
    see(message: string): void {
      const told = /^Encoder loaded successfully, image_seq_len=(\d+)/.exec(message)?.[1];
      if (told) pictures = Number(told);
      const [, of, total] =
        /^Merged (Tensor|TensorStruct) embedding: total_tokens=(\d+)/.exec(message) ?? [];
      if (of === 'Tensor') pictures = (pictures ?? 0) + Number(total) - before;
      if (of) before = Number(total);
      if (message.startsWith('Get merged embeddings: ')) before = 0;
    },
    count: () => pictures,
  };
}

/** Encoder, embedding and decoder: one QNN context each. */
const CONTEXTS = 3;

/**
 * A graph that QNN holds has no way to the CPU. That all three parts were such graphs is told by the contexts that are
 * destroyed after an answer; of the decoder alone, by its method's name.
 */
function contextProof() {
  let contexts = 0;
  let decoder: string | undefined;
  let generated = false;
  const told = new Set<string>();
  return function* ({ from, message, raw }: LogLine): Generator<ParsedEvent, void, void> {
    generated ||= /^RSS after finishing text generation/.test(message);
    if (from === 'qnn' && /^Destroy Qnn context/.test(message)) contexts++;
    if (
      from === 'qnn' &&
      /^Use cached delegate handle for current method: (?:kv|prefill)_forward/.test(message)
    )
      decoder ??= raw;
    if (!generated) return;
    const all = contexts >= CONTEXTS ? raw : undefined;
    for (const [part, line] of [
      ['language', decoder ?? all],
      ['vision', all],
    ] as const) {
      if (!line || told.has(part)) continue;
      told.add(part);
      yield { kind: 'ran', part, on: 'npu', line };
    }
  };
}
