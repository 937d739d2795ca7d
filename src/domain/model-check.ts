import { count, type Gguf } from './gguf';
import { LLAMA_SUPPORT } from './llama-support';
import { memoryNeed, type MemoryNeed } from './model-memory';
import { fail, ok, type Result } from './result';

/** What the headers of a language model and its mmproj say together. Texts are the files' own, shortened. */
export interface PairFacts {
  readonly name: string | undefined;
  readonly architecture: string;
  readonly projector: string;
  /** Weights in both files. */
  readonly parameters: number;
  /** Of the language model, for example "Q4_K_M". */
  readonly quantisation: string;
  readonly visionQuantisation: string;
  /** Trained context in tokens. */
  readonly trainedContext: number | undefined;
  /** Context that we ask for; memory grows with it. */
  readonly context: number;
  /** False: the runner falls back to a plain chat format, and answers may be poor. */
  readonly template: boolean;
  readonly imageSize: number | undefined;
  readonly licence: string | undefined;
  readonly memory: MemoryNeed;
}

/** Longest context we ask for with a model of the user's; memory grows with it. */
const MAX_CONTEXT = 4096;

/** Where each projector's width stands: tensor and dimension. Source: clip_n_mmproj_embd and the loader of ggml-org/llama.cpp tools/mtmd/clip.cpp. */
const WIDTHS: Readonly<Record<string, readonly [tensor: string, dimension: number]>> = {
  ldp: ['mm.model.mb_block.1.block.2.1.bias', 0],
  ldpv2: ['mm.model.peg.0.bias', 0],
  mlp: ['mm.2.weight', 1],
  resampler: ['resampler.proj.weight', 0],
  adapter: ['mm.model.mlp.3.weight', 1],
  qwen2vl_merger: ['mm.2.bias', 0],
  'qwen2.5vl_merger': ['mm.2.bias', 0],
  // Its further (deepstack) rows multiply both widths alike.
  qwen3vl_merger: ['mm.2.bias', 0],
  gemma3: ['mm.input_projection.weight', 0],
  gemma3nv: ['mm.input_projection.weight', 0],
  gemma4v: ['mm.input_projection.weight', 1],
  idefics3: ['mm.model.fc.weight', 1],
  pixtral: ['mm.2.weight', 1],
  internvl: ['mm.model.mlp.3.weight', 1],
  llama4: ['mm.model.fc.weight', 1],
  lfm2: ['mm.2.weight', 1],
  kimivl: ['mm.2.weight', 1],
  paddleocr: ['mm.2.weight', 1],
  lightonocr: ['mm.2.weight', 1],
  cogvlm: ['mm.down.weight', 1],
  janus_pro: ['mm.1.bias', 0],
  glm4v: ['mm.down.weight', 1],
  hunyuanvl: ['mm.model.fc.weight', 1],
};

/**
 * Says what a pair is, or why the runner could not use it; both heads must have been read to their end. Names are for the
 * refusals. Failures: model-invalid, model-truncated, model-unsupported, model-swapped, model-no-vision, model-mismatch.
 */
export function checkPair(
  language: Gguf,
  vision: Gguf,
  names: { readonly language: string; readonly vision: string },
): Result<PairFacts> {
  const isVisionPart = ({ architecture }: Gguf) => architecture === 'clip';
  if (isVisionPart(language))
    return isVisionPart(vision)
      ? fail('model-swapped', `${names.language} is an mmproj; the language model is missing`)
      : fail('model-swapped', `${names.language} is an mmproj, ${names.vision} is none`);
  if (vision.keys.get('clip.has_vision_encoder') !== true)
    return fail(
      'model-no-vision',
      `${names.vision} (${vision.architecture ?? 'unknown'}) has no vision encoder`,
    );
  const sound = sane(language, names.language, 'architecture');
  if (!sound.ok) return sound;
  const eyes = sane(vision, names.vision, 'projector');
  if (!eyes.ok) return eyes;
  const fits = sameWidth(language, vision, eyes.value);
  return fits.ok ? ok(factsOf(language, vision, sound.value, eyes.value)) : fits;
}

/** The architecture or projector, if the runner knows it and the file is whole. */
function sane(
  { tensors, trouble, keys, architecture }: Gguf,
  name: string,
  kind: 'architecture' | 'projector',
): Result<string> {
  if (trouble) return fail(trouble.code, `${name}: ${trouble.detail ?? ''}`);
  const own = kind === 'architecture' ? architecture : projectorOf(keys);
  const known = LLAMA_SUPPORT[`${kind}s`];
  if (own === undefined) return fail('model-invalid', `${name}: names no ${kind}`);
  if (!known.includes(own))
    return fail('model-unsupported', `${name}: ${kind} "${own.slice(0, 60)}" is not known`);
  if (!tensors) return fail('model-invalid', `${name}: its header is longer than we read`);
  return ok(own);
}

function projectorOf(keys: Gguf['keys']): string | undefined {
  const type = keys.get('clip.projector_type') ?? keys.get('clip.vision.projector_type');
  return typeof type === 'string' ? type : undefined;
}

/** Both widths must be equal. A projector whose width we cannot tell is let through: the runner will say. */
function sameWidth(language: Gguf, vision: Gguf, projector: string): Result<void> {
  const width = count(language.keys, `${language.architecture}.embedding_length`);
  const [tensor, dimension] = WIDTHS[projector] ?? ['', 0];
  const projected = vision.tensors?.shapes.get(tensor)?.[dimension];
  return width === undefined || projected === undefined || width === projected
    ? ok()
    : fail('model-mismatch', `the language model is ${width} wide, the mmproj gives ${projected}`);
}

function factsOf(language: Gguf, vision: Gguf, architecture: string, projector: string): PairFacts {
  const trainedContext = count(language.keys, `${architecture}.context_length`);
  const context = Math.min(trainedContext ?? MAX_CONTEXT, MAX_CONTEXT);
  return {
    name: line(language, 'general.name'),
    architecture,
    projector,
    parameters: (language.tensors?.parameters ?? 0) + (vision.tensors?.parameters ?? 0),
    quantisation: quantisationOf(language),
    visionQuantisation: quantisationOf(vision),
    trainedContext,
    context,
    template: language.keys.has('tokenizer.chat_template'),
    imageSize: count(vision.keys, 'clip.vision.image_size'),
    licence: line(language, 'general.license'),
    memory: memoryNeed(language, vision, context),
  };
}

/** What the file calls it, else the type that most of its bytes have. */
function quantisationOf({ keys, tensors }: Gguf): string {
  const named = keys.get('general.file_type');
  const name = typeof named === 'number' ? LLAMA_SUPPORT.fileTypes[named] : undefined;
  const types = Object.entries(tensors?.bytesByType ?? {}).sort(([, a], [, b]) => b - a);
  return name ?? types[0]?.[0] ?? 'unknown';
}

function line({ keys }: Gguf, key: string): string | undefined {
  const value = keys.get(key);
  // Control and direction-changing characters have no place in a name.
  const text = typeof value === 'string' ? value.replace(/[\p{Cc}\p{Cf}]/gu, '').trim() : '';
  return text ? text.slice(0, 80) : undefined;
}
