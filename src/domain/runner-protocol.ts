import * as v from 'valibot';

/** docs/runner-protocol.md describes the protocol; this is its schema. Both ends use it: parsers and the virtual runner. */
export const PROTOCOL_VERSION = 1;
/** A longer line, either way, is a fault. */
export const MAX_LINE_CHARS = 1 << 20;

const Ms = v.pipe(v.number(), v.finite(), v.minValue(0));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Text = v.pipe(v.string(), v.maxLength(MAX_LINE_CHARS));
/** A figure that this runner cannot give is null, never 0. */
const orNull = <T extends v.GenericSchema>(schema: T) => v.optional(v.nullable(schema), null);

const Ready = v.object({
  event: v.literal('ready'),
  protocol: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Program and library, for example "llama.cpp b6327 (WASM, wllama 3.8.1)". */
  engine: orNull(Text),
  model: orNull(Text),
  parameters: orNull(Count),
  bytes: orNull(Count),
  context: orNull(Count),
  threads: orNull(Count),
  cores: orNull(Count),
  load_ms: orNull(Ms),
  load_vision_ms: orNull(Ms),
  system: orNull(Text),
});

const Prompt = v.object({
  event: v.literal('prompt'),
  request: v.optional(Count, 0),
  width: orNull(Count),
  height: orNull(Count),
  image_tokens: orNull(Count),
  text_tokens: orNull(Count),
  prompt_tokens: orNull(Count),
  load_image_ms: orNull(Ms),
  /** null: contained in prefill_ms. */
  vision_ms: orNull(Ms),
  prefill_ms: orNull(Ms),
});

const Token = v.object({
  event: v.literal('token'),
  request: v.optional(Count, 0),
  /** Id in the vocabulary. */
  id: orNull(v.pipe(v.number(), v.integer())),
  text: Text,
  /** Since the request reached the runner. */
  t_ms: orNull(Ms),
});

const Done = v.object({
  event: v.literal('done'),
  request: v.optional(Count, 0),
  finish: v.picklist(['stop', 'length', 'cancelled']),
  text: Text,
  tokens: Count,
  first_token_ms: orNull(Ms),
  decode_ms: orNull(Ms),
  tokens_per_s: orNull(v.pipe(v.number(), v.finite(), v.minValue(0))),
  total_ms: orNull(Ms),
  peak_rss_kb: orNull(Count),
});

export const ERROR_CODES = [
  'args',
  'model',
  'image',
  'prompt',
  'context',
  'request',
  'internal',
] as const;

const ErrorEvent = v.object({
  event: v.literal('error'),
  request: v.optional(v.nullable(Count), null),
  code: v.fallback(v.picklist(ERROR_CODES), 'internal'),
  message: Text,
});

/** One line of a runner's stdout. */
export const RunnerEventSchema = v.variant('event', [Ready, Prompt, Token, Done, ErrorEvent]);
export type RunnerEvent = v.InferOutput<typeof RunnerEventSchema>;

const GenerateSchema = v.object({
  cmd: v.literal('generate'),
  request: Count,
  image: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  prompt: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_LINE_CHARS)),
  max_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 128),
  /** 0: greedy. */
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10)), 0),
  top_k: v.optional(Count, 40),
  top_p: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.95),
  min_p: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.05),
  repeat_penalty: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10)), 1),
  seed: v.optional(Count, 0),
  stop: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(16)), []),
});

/** One line of a runner's stdin. */
export const RunnerRequestSchema = v.variant('cmd', [
  GenerateSchema,
  v.object({ cmd: v.literal('cancel'), request: Count }),
  v.object({ cmd: v.literal('quit') }),
]);
export type RunnerRequest = v.InferInput<typeof RunnerRequestSchema>;
export type GenerateRequest = v.InferOutput<typeof GenerateSchema>;
