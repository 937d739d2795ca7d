import type { Processor } from '../../domain/accelerator';
import type { Asked, OutputParser } from '../../domain/pipeline';
import type { ParsedEvent } from '../../domain/run';
import { cutAt, executorchParser, phases, type Answer, type Reading } from '../executorch/parser';
import type { LogLine } from '../executorch/log';
import { facts, span, stats } from '../figures';

/** The decoder's lines, and llama-mtmd-cli's, in which "load" after the picture stands for writing and handing over. */
const PHASES = [
  [/^(?:build: \d|Initializing HTP backend|llama_model_loader: )/, 'load'],
  [/^Processing image chunk at pos /, 'encode'],
  [/^Writing combined embeddings to /, 'load'],
  [/^creating module: /, 'load'],
  [/^(?:Position IDs n_tokens: |Prompt Processor: total )/, 'prefill'],
  [/^(?:finished prompt prefill|RSS after prompt prefill: )/, 'decode'],
] as const;

/** Ends of an answer. The decoder prints special tokens as text and, by its own stop set, may run past the first. */
const STOPS = ['<|im_end|>', '<|endoftext|>'];
const MAX_PRINTED_CHARS = 1 << 20;

/**
 * Reads both programs: llama-mtmd-cli of OmniInfer-VLM (an extractor of embeddings, no prefix on its lines) and
 * qnn_llama_runner of OmniInfer-LLM. docs/pipelines/omniinfer.md.
 */
export const omniinferParser = (about?: Asked): OutputParser =>
  executorchParser('omniinfer', about, reading());

function reading(): Reading {
  const phase = phases(PHASES);
  const vision = visionProof();
  const language = languageProof();
  let decodes = false;
  let ended = false;
  let printed = '';
  return {
    *stderr(line: LogLine) {
      decodes ||= line.from !== 'other';
      ended ||= /^Reached to the end of generation/.test(line.message);
      yield* phase(line.message);
      yield* line.from === 'other' ? extracted(line.message) : [];
      yield* line.from === 'other' ? vision(line.raw) : language(line);
      if (/^Sequence length \(\d+ tokens\) reached!/.test(line.message))
        yield { kind: 'warning', failure: { code: 'answer-cut', detail: line.raw } };
    },
    stdout(line: string) {
      if (printed.length < MAX_PRINTED_CHARS) printed += `${line}\n`;
      return [];
    },
    answer: (text) => answerIn(text, ended) ?? (decodes ? answerIn(printed, ended) : undefined),
    finish: function* (record) {
      decodes ||= record !== undefined;
      yield* span('prefill', record?.prefillMs);
      yield* span('decode', record?.decodeMs);
    },
    get prepares() {
      return !decodes;
    },
  };
}

/** The answer behind the echo of `--embeds_path`, up to the first stop. On stdout, garbage may follow it. */
function answerIn(text: string | undefined, ended: boolean): Answer | undefined {
  const [echo] = /^\s*[^\n]{0,4096}?mtmd_data\.bin/.exec(text ?? '') ?? [];
  if (text === undefined || (echo === undefined && text.trim() === '')) return undefined;
  const [answer, stopped] = cutAt(text.slice(echo?.length ?? 0), STOPS);
  return { text: answer.trim(), finish: stopped || ended ? 'stop' : 'length' };
}

/** Sizes that the extractor tells. */
function* extracted(line: string): Generator<ParsedEvent, void, void> {
  const [, part, tokens] =
    /^(ViT \(Image\)|Text) Embeddings Shape *: \[(\d+), \d+\]/.exec(line) ?? [];
  if (part) yield* stats({ [part === 'Text' ? 'text_tokens' : 'image_tokens']: Number(tokens) });
  const total = /^Total Combined Embeddings Shape: \[(\d+), \d+\]/.exec(line)?.[1];
  if (total) yield* stats({ prompt_tokens: Number(total) });
  const [, width, height] = /image width=(\d+) height=(\d+),/.exec(line) ?? [];
  if (width) yield* facts({ 'picture-encoded': `${width} x ${height}` });
  const profile = /^HTP: total \d+ us, CPU \d+ us, NPU \d+ us/.exec(line)?.[0];
  yield* facts({ 'htp-profile': profile });
}

/**
 * Where the vision encoder runs. NPU: its operators were loaded and no session failed; else the fork goes on with the CPU
 * and says nothing of it. Source: OmniInfer-VLM ggml/src/ggml-htp/ggml-htp.cc.
 */
function visionProof() {
  /** From the strongest: a failed session outweighs loaded operators, and these the plain CPU backend. */
  const weights: readonly (readonly [RegExp, Processor])[] = [
    [/^Failed to open remote session on Hexagon NPU/, 'cpu'],
    [/Failed to load HTP ops library/, 'cpu'],
    [/Successfully loaded HTP ops library/, 'npu'],
    [/^clip_ctx: CLIP using CPU backend/, 'cpu'],
  ];
  let strongest: number = weights.length;
  return function* (line: string): Generator<ParsedEvent, void, void> {
    const rank = weights.findIndex(([pattern]) => pattern.test(line));
    const on = weights[rank]?.[1];
    if (!on || rank >= strongest) return;
    strongest = rank;
    yield { kind: 'ran', part: 'vision', on, line };
  };
}

/**
 * The decoder ran on the NPU when its compiled graph was held by QNN (the delegate has no way to the CPU) and text was
 * generated with it.
 */
function languageProof() {
  let held: string | undefined;
  let generated = false;
  let told = false;
  return function* ({ message, raw }: LogLine): Generator<ParsedEvent, void, void> {
    if (/^(?:Use cached delegate handle for current method|Destroy Qnn context)/.test(message))
      held ??= raw;
    generated ||= /^RSS after finishing text generation/.test(message);
    if (!held || !generated || told) return;
    told = true;
    yield { kind: 'ran', part: 'language', on: 'npu', line: held };
  };
}
