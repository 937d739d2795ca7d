import { count, type Gguf } from './gguf';

/** Memory that a run needs, bytes. An estimate: `marginBytes` is what we add for what it does not know. */
export interface MemoryNeed {
  /** Weights of both files: the language model is mapped, the vision part is read. */
  readonly weightsBytes: number;
  /** Keys and values of the whole context. */
  readonly cacheBytes: number;
  /** Intermediate results, of the language model or of the vision encoder, whichever is larger. */
  readonly computeBytes: number;
  readonly marginBytes: number;
  readonly totalBytes: number;
}

/** Tokens that our runner computes at once (device-payload/llama-runner/src/model.cpp, BATCH). */
const BATCH = 512;
/** Keys and values are kept in f16: llama_context_default_params of ggml-org/llama.cpp src/llama-context.cpp. */
const CACHE_BYTES = 2;
const F32 = 4;
/** Longest side of the picture that we send, where the encoder has no fixed one. */
const PICTURE = 512;
const MARGIN_SHARE = 0.1;
const MARGIN_BYTES = 64 << 20;

/**
 * Estimates what a pair needs with this context.
 * cache = context x sum over layers of (KV heads x (key length + value length)) x 2 bytes: what llama_kv_cache of
 * llama.cpp src/llama-kv-cache.cpp allocates; layers with a sliding window or a recurrent state take less.
 * compute = batch x (vocabulary + 4 x width + 2 x feed-forward) x 4 bytes, for the logits and the widest layer at once;
 * vision: patches x (6 x width + 2 x feed-forward) x 4 bytes (attention is computed without its square matrix).
 */
export function memoryNeed(language: Gguf, vision: Gguf, context: number): MemoryNeed {
  const weightsBytes = (language.tensors?.bytes ?? 0) + (vision.tensors?.bytes ?? 0);
  const cacheBytes = context * cacheWidth(language) * CACHE_BYTES;
  const computeBytes = Math.max(languageCompute(language), visionCompute(vision));
  const known = weightsBytes + cacheBytes + computeBytes;
  const marginBytes = Math.ceil(known * MARGIN_SHARE) + MARGIN_BYTES;
  return { weightsBytes, cacheBytes, computeBytes, marginBytes, totalBytes: known + marginBytes };
}

/** Numbers kept for each token, over all layers. */
function cacheWidth({ keys, architecture }: Gguf): number {
  const of = (name: string) => count(keys, `${architecture}.${name}`);
  const heads = of('attention.head_count') ?? 1;
  const head = (of('embedding_length') ?? 0) / heads;
  const perHead = (of('attention.key_length') ?? head) + (of('attention.value_length') ?? head);
  const kvHeads = keys.get(`${architecture}.attention.head_count_kv`);
  const layers = Math.min(of('block_count') ?? 0, 1000);
  if (Array.isArray(kvHeads)) return sum(kvHeads.filter((n) => n > 0 && n < 1000)) * perHead;
  return layers * (typeof kvHeads === 'number' && kvHeads > 0 ? kvHeads : heads) * perHead;
}

function languageCompute({ keys, architecture }: Gguf): number {
  const of = (name: string) => count(keys, `${architecture}.${name}`) ?? 0;
  const width = 4 * of('embedding_length') + 2 * of('feed_forward_length');
  return BATCH * (vocabulary(keys) + width) * F32;
}

function visionCompute({ keys }: Gguf): number {
  const of = (name: string) => count(keys, `clip.vision.${name}`) ?? 0;
  const side = Math.max(of('image_size'), PICTURE) / Math.max(of('patch_size'), 1);
  return side * side * (6 * of('embedding_length') + 2 * of('feed_forward_length')) * F32;
}

function vocabulary(keys: Gguf['keys']): number {
  const tokens = keys.get('tokenizer.ggml.tokens');
  return typeof tokens === 'object' ? tokens.length : 0;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
