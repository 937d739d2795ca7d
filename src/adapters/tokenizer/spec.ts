import * as v from 'valibot';
import { fail, ok, type Result } from '../../domain/result';

/** One step that cuts text into smaller pieces, in the order in which they are applied. */
export type Stage =
  /** Cuts at what a pattern of Oniguruma's syntax finds. */
  | {
      readonly kind: 'split';
      readonly regex: string;
      readonly behavior: Behavior;
      readonly invert: boolean;
    }
  /** Digits alone, or runs of digits apart from the rest. */
  | { readonly kind: 'digits'; readonly individual: boolean }
  /** A space is put before every piece that has none. */
  | { readonly kind: 'prefix-space' };

const BEHAVIORS = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] as const;
export type Behavior = (typeof BEHAVIORS)[number];

/** The pattern of `ByteLevel` with `use_regex`. Source: tokenizers, pre_tokenizers/byte_level.rs. */
export const GPT2 =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export interface AddedToken {
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** What our own encoder needs to know beside vocabulary and merges. */
export interface Spec {
  readonly nfc: boolean;
  readonly stages: readonly Stage[];
  readonly added: readonly AddedToken[];
  readonly unknown: string | null;
  readonly fuseUnknown: boolean;
  readonly byteFallback: boolean;
  readonly ignoreMerges: boolean;
}

/** Longer ones are prose; they would make finding them slow. */
const MAX_ADDED_CHARS = 512;
const MAX_ADDED = 20_000;

const Added = v.object({
  content: v.pipe(v.string(), v.maxLength(MAX_ADDED_CHARS)),
  single_word: v.boolean(),
  lstrip: v.boolean(),
  rstrip: v.boolean(),
  normalized: v.boolean(),
  special: v.boolean(),
});

/** Every tokenizer.json, ours or not. */
const File = v.looseObject({
  version: v.optional(v.literal('1.0')),
  added_tokens: v.optional(v.pipe(v.array(Added), v.maxLength(MAX_ADDED)), []),
  normalizer: v.optional(v.unknown(), null),
  pre_tokenizer: v.optional(v.unknown(), null),
  model: v.looseObject({ type: v.optional(v.string()) }),
});

const empty = v.optional(v.nullable(v.literal('')));
const flag = v.optional(v.boolean(), false);

const Model = v.object({
  type: v.optional(v.literal('BPE')),
  dropout: v.optional(v.nullable(v.literal(0))),
  unk_token: v.optional(v.nullable(v.string()), null),
  continuing_subword_prefix: empty,
  end_of_word_suffix: empty,
  fuse_unk: flag,
  byte_fallback: flag,
  ignore_merges: flag,
});

const Nfc = v.object({ type: v.literal('NFC') });
const Normalizer = v.union([
  v.null(),
  Nfc,
  v.object({ type: v.literal('Sequence'), normalizers: v.array(Nfc) }),
]);

const Pattern = v.union([v.object({ Regex: v.string() }), v.object({ String: v.string() })]);
const Cut = v.variant('type', [
  v.object({
    type: v.literal('Split'),
    pattern: Pattern,
    behavior: v.picklist(BEHAVIORS),
    invert: flag,
  }),
  v.object({ type: v.literal('Digits'), individual_digits: flag }),
]);
const ByteLevel = v.object({
  type: v.literal('ByteLevel'),
  add_prefix_space: v.boolean(),
  use_regex: v.optional(v.boolean(), true),
});
const Sequence = v.object({ type: v.literal('Sequence'), pretokenizers: v.array(v.unknown()) });

/**
 * Checks all of tokenizer.json but its two tables.
 * Failures: tokenizer-invalid; tokenizer-unsupported (a valid file of a kind that our encoder does not do).
 */
export function parseSpec(json: unknown): Result<Spec> {
  const file = v.safeParse(File, json);
  if (!file.success) return fail('tokenizer-invalid', complaint(file.issues[0]));
  const model = v.safeParse(Model, file.output.model);
  if (!model.success) return fail('tokenizer-unsupported', `model.${complaint(model.issues[0])}`);
  const normalizer = v.safeParse(Normalizer, file.output.normalizer);
  if (!normalizer.success) return fail('tokenizer-unsupported', 'normalizer: other than NFC');
  const stages = parseStages(file.output.pre_tokenizer);
  if (!stages) return fail('tokenizer-unsupported', 'pre_tokenizer: other than byte level');
  return ok({
    nfc: normalizer.output !== null && !isEmpty(normalizer.output),
    stages,
    added: file.output.added_tokens,
    unknown: model.output.unk_token,
    fuseUnknown: model.output.fuse_unk,
    byteFallback: model.output.byte_fallback,
    ignoreMerges: model.output.ignore_merges,
  });
}

const isEmpty = (normalizer: v.InferOutput<typeof Normalizer>) =>
  normalizer !== null && 'normalizers' in normalizer && normalizer.normalizers.length === 0;

const complaint = (issue: v.BaseIssue<unknown>) =>
  `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`.slice(0, 300);

/** Cuts, then byte level, once and last: after it the text is no longer text. Undefined for anything else. */
function parseStages(json: unknown): readonly Stage[] | undefined {
  const steps = flatten(json);
  const last = v.safeParse(ByteLevel, steps.pop());
  if (!last.success) return undefined;
  const stages: Stage[] = [];
  for (const step of steps) {
    const cut = v.safeParse(Cut, step);
    if (!cut.success) return undefined;
    stages.push(toStage(cut.output));
  }
  if (last.output.add_prefix_space) stages.push({ kind: 'prefix-space' });
  if (last.output.use_regex)
    stages.push({ kind: 'split', regex: GPT2, behavior: 'Isolated', invert: false });
  return stages;
}

function flatten(json: unknown): unknown[] {
  const sequence = v.safeParse(Sequence, json);
  return sequence.success ? sequence.output.pretokenizers.flatMap(flatten) : [json];
}

function toStage(cut: v.InferOutput<typeof Cut>): Stage {
  if (cut.type === 'Digits') return { kind: 'digits', individual: cut.individual_digits };
  const { pattern, behavior, invert } = cut;
  const regex = 'Regex' in pattern ? pattern.Regex : escapeRegex(pattern.String);
  return { kind: 'split', regex, behavior, invert };
}

const escapeRegex = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
