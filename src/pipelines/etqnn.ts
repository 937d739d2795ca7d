import * as v from 'valibot';
import type { OutputParser, ServingPipeline } from '../domain/pipeline';
import { fail, ok } from '../domain/result';
import type { ParsedEvent } from '../domain/run';
import { createDiagnosis } from './diagnosis';
import { rate, span, stats } from './figures';
import { Lines } from './lines';
import { fileOf, qnnEnv } from './setup';
import { OFFERS } from './offers';

const line = (message: object) => `${JSON.stringify(message)}\n`;
const CONTEXT = 2048;
/** It reserves so many for the prompt beside the answer: a longer one eats the answer. Source: as below, seq_len. */
const PROMPT_LIMIT = 512;
/** Its own default for Qwen's models; for others the count is a little too high. */
const SYSTEM = 'You are a helpful assistant.';

/**
 * OmniInfer's streaming text runner, libetqnn_runner.so: a program, whatever its name says. Flags that it does not know
 * are ignored without a word, so only known ones are built.
 * Source: omnimind-ai/OmniInfer android/omniinfer-server/src/main/cpp/et-qnn-runner/main.cpp.
 */
export const etqnn: ServingPipeline = {
  ...OFFERS.etqnn,
  async check({ prompt }, tools, signal) {
    const rendered = `<|im_start|>system\n${SYSTEM}<|im_end|>\n<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`;
    const encoded = await tools.encode([rendered], signal);
    if (!encoded.ok) return encoded;
    const tokens = encoded.value[0]?.length ?? 0;
    return tokens <= PROMPT_LIMIT
      ? ok()
      : fail('prompt-too-long', `${tokens} tokens, at most ${PROMPT_LIMIT}`);
  },
  command: (setup) => {
    const path = (role: 'decoder' | 'tokenizer') => present(fileOf(setup.model, role));
    const { manifest } = setup.model;
    const version = manifest.facts?.['decoderModelVersion'];
    return {
      argv: [
        present(fileOf(setup.runner, 'runner')),
        ...['--model_path', path('decoder'), '--tokenizer_path', path('tokenizer')],
        ...['--lib_dir', setup.runner.dir],
        ...['--decoder_model_version', typeof version === 'string' ? version : 'qwen3'],
        ...['--n_ctx', String(manifest.model?.context ?? CONTEXT)],
        ...['--temperature', String(setup.options['temperature'] ?? 0.8)],
      ],
      cwd: setup.runner.dir,
      env: qnnEnv(setup),
    };
  },
  // Each question stands alone: what is left of the one before is dropped first.
  request: ({ prompt, options }) =>
    line({ command: 'reset' }) +
    line({
      command: 'generate',
      user_prompt: prompt,
      max_tokens: options['max-tokens'] ?? 256,
      thinking_enabled: false,
    }),
  // It would be read only when the answer is over: stopping means ending the program.
  cancel: () => '',
  quit: line({ command: 'quit' }),
  parser: etqnnParser,
};

/** The page installs all that a pipeline needs before it asks: a missing file is a bug. */
function present(path: ReturnType<typeof fileOf>): string {
  if (!path.ok) throw new Error(path.failure.detail);
  return path.value;
}

const Count = v.pipe(v.number(), v.finite(), v.minValue(0));
const Said = v.variant('type', [
  v.object({ type: v.picklist(['ready', 'done']) }),
  v.object({ type: v.literal('token'), text: v.string() }),
  v.object({
    type: v.literal('metrics'),
    prompt_tokens: v.optional(Count),
    generated_tokens: v.optional(Count),
    prefill_us: v.optional(Count),
    decode_us: v.optional(Count),
  }),
  v.object({ type: v.literal('error'), message: v.string() }),
]);
type Said = v.InferOutput<typeof Said>;

const MAX_LINE_CHARS = 64 << 10;
/** The delegate has no way to the CPU: a compiled graph that it holds, and a token, prove the NPU. */
const HELD = /\[Qnn ExecuTorch\]: Use cached delegate handle for current method/;

function etqnnParser(): OutputParser {
  const diagnosis = createDiagnosis('etqnn');
  const stdout = new Lines(MAX_LINE_CHARS);
  const stderr = new Lines(MAX_LINE_CHARS);
  let ready = false;
  /** Something was said since the last answer: a "done" before that is the answer to "reset". */
  let answering = false;
  let held: string | undefined;
  let refused: string | undefined;
  /** In this answer, and ever. */
  let told = false;
  let proved = false;
  let spoke = false;

  function* say(said: Said): Generator<ParsedEvent, void, void> {
    switch (said.type) {
      case 'ready':
        ready = true;
        return yield { kind: 'ready' };
      case 'token':
        if (!answering) yield { kind: 'phase', phase: 'decode' };
        answering = spoke = true;
        yield* proof();
        return yield { kind: 'text', text: said.text };
      case 'metrics':
        answering = true;
        return yield* metrics(said);
      case 'done':
        if (answering) yield { kind: 'end', finish: 'stop' };
        answering = told = false;
        return;
      case 'error':
        if (!ready) refused = said.message;
        else
          yield {
            kind: 'failed',
            failure: { code: 'runner-refused', detail: capped(said.message) },
          };
        answering = false;
    }
  }

  function* proof(): Generator<ParsedEvent, void, void> {
    if (held && !told) yield { kind: 'ran', part: 'language', on: 'npu', line: held };
    told = proved = held !== undefined;
  }

  const onStdout = (text: string): readonly ParsedEvent[] => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Said), text);
    if (parsed.success) return [...say(parsed.output)];
    return text.trim() ? [{ kind: 'log', line: text }] : [];
  };
  const onStderr = (text: string): readonly ParsedEvent[] => {
    diagnosis.see(text);
    if (HELD.test(text)) held ??= text;
    return [{ kind: 'log', line: text }];
  };

  return {
    push: (text, from) =>
      from === 'stdout' ? stdout.push(text).flatMap(onStdout) : stderr.push(text).flatMap(onStderr),
    end(exitCode) {
      const rest = [
        ...stdout.end().flatMap(onStdout),
        ...stderr.end().flatMap(onStderr),
        ...(spoke && !proved ? proof() : []), // its line came later than the answer
      ];
      const seen = diagnosis.failure(exitCode, exitCode === 0 && refused === undefined);
      const vague =
        seen === undefined || seen.code === 'runner-silent' || seen.code === 'runner-crashed';
      if (refused !== undefined && vague)
        return [
          ...rest,
          { kind: 'failed', failure: { code: 'runner-load', detail: capped(refused) } },
        ];
      return seen ? [...rest, { kind: 'failed', failure: seen }] : rest;
    },
  };
}

const capped = (text: string) => text.slice(0, 500);

/** Times are in microseconds. */
function* metrics(said: Said & { readonly type: 'metrics' }): Generator<ParsedEvent, void, void> {
  const ms = (us: number | undefined) => (us === undefined ? undefined : us / 1000);
  const [prefill, decode] = [ms(said.prefill_us), ms(said.decode_us)];
  yield* stats({
    prompt_tokens: said.prompt_tokens,
    prefill_ms: prefill,
    prefill_rate: rate(said.prompt_tokens, prefill),
    decode_ms: decode,
    decode_rate: rate(said.generated_tokens, decode),
    tokens: said.generated_tokens,
  });
  yield* span('prefill', prefill);
  yield* span('decode', decode);
}
