import { checkPair } from '../../../domain/model-check';
import type { Gguf } from '../../../domain/gguf';
import { PTE_NAMES, pteKind, type PteKind } from '../../../domain/formats/pte-kind';
import type { PteMethod } from '../../../domain/formats/pte';
import { refusal, type Finding } from '../findings';
import type { Inspected } from '../inspect';
import { nameOf } from '../sources';

/** Questions that recipes ask of a set of inspected files. */
export const fileOf = (files: readonly Inspected[], key: string): Inspected | undefined =>
  files.find(({ item }) => item.key === key);

export const bytesOf = (files: readonly Inspected[], ...keys: readonly string[]): number =>
  keys.reduce((sum, key) => sum + (fileOf(files, key)?.source.bytes ?? 0), 0);

export const isPte =
  (...kinds: readonly PteKind[]) =>
  ({ pte }: Inspected): boolean =>
    pte !== undefined && kinds.includes(pteKind(pte));

/** A refusal when the file is an ExecuTorch program, but for something else. */
export function expectPte(
  files: readonly Inspected[],
  key: string,
  kinds: readonly PteKind[],
  pipeline: string,
): readonly Finding[] {
  const file = fileOf(files, key);
  if (!file?.pte) return [];
  const kind = pteKind(file.pte);
  if (kinds.includes(kind)) return [];
  const methods = file.pte.methods.map(({ name }) => name).slice(0, 6);
  const what = kind === 'unknown' ? `a program with ${methods.join(', ')}` : PTE_NAMES[kind];
  const wanted = kinds.map((name) => PTE_NAMES[name]).join(' or ');
  return [
    refusal(
      'wrong-pipeline',
      file.source.path,
      `is ${what}; ${pipeline} needs ${wanted} here`,
      file.item.from,
    ),
  ];
}

export const methodOf = (file: Inspected | undefined, name: string): PteMethod | undefined =>
  file?.pte?.methods.find((method) => method.name === name);

/** A number that the program returns: "get_max_context_len". */
export function constantOf(file: Inspected | undefined, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = methodOf(file, name)?.constant;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  }
  return undefined;
}

/** The compiled context. Names: pytorch/executorch extension/llm/runner/constants.h. */
export const contextOf = (decoder: Inspected | undefined): number | undefined =>
  constantOf(decoder, 'get_max_context_len', 'get_max_seq_len');

/** 1: prompt in blocks, then token by token; 0: token by token only. The runners' `--eval_mode`. */
export const evalModeOf = (decoder: Inspected | undefined): number =>
  decoder?.pte && pteKind(decoder.pte) === 'hybrid-decoder' ? 1 : 0;

export const hasVision = ({ keys }: Gguf): boolean => keys.get('clip.has_vision_encoder') === true;

/** Refusals when a language model and its mmproj are taken for each other, or one of them is neither. */
export function expectGgufPair(files: readonly Inspected[]): readonly Finding[] {
  const [language, vision] = [fileOf(files, 'language'), fileOf(files, 'mmproj')];
  const findings: Finding[] = [];
  if (language?.gguf?.architecture === 'clip')
    findings.push(
      refusal(
        'swapped',
        language.source.path,
        'is an mmproj, not a language model',
        language.item.from,
      ),
    );
  if (vision?.gguf && !hasVision(vision.gguf))
    findings.push(
      refusal(
        ...(['swapped', vision.source.path] as const),
        `is a language model (${vision.gguf.architecture ?? 'unknown'}), not an mmproj`,
        vision.item.from,
      ),
    );
  const [lm, mm] = [language?.gguf, vision?.gguf];
  if (findings.length > 0 || !language || !vision || !lm || !mm) return findings;
  const names = { language: nameOf(language.source), vision: nameOf(vision.source) };
  const pair = checkPair(lm, mm, names);
  // Its other refusals are about our own build of llama.cpp; the user's may know more.
  if (!pair.ok && pair.failure.code === 'model-mismatch')
    findings.push(
      refusal('wrong-model', vision.source.path, pair.failure.detail ?? '', vision.item.from),
    );
  return findings;
}

/** A refusal when the tokenizer is that of another model. */
export function expectTokens(
  files: readonly Inspected[],
  tokens: readonly string[],
  model: string,
): readonly Finding[] {
  const file = fileOf(files, 'tokenizer');
  const lacks = file?.tokenizer ? tokens.filter((token) => !file.tokenizer?.added.has(token)) : [];
  if (!file || lacks.length === 0) return [];
  return [
    refusal(
      ...(['wrong-model', file.source.path] as const),
      `has no ${lacks.join(', ')}: it is not the tokenizer of ${model}`,
      file.item.from,
    ),
  ];
}

/** "4" of the tensor [1, 3, 512, 512] is its edge. */
export const squareOf = (method: PteMethod | undefined): number | undefined => {
  const [, channels, height, width] = method?.inputs[0]?.sizes ?? [];
  return channels === 3 && height === width ? height : undefined;
};
