import { parseManifest, type BundleFile, type Manifest } from '../../domain/bundle';
import type { PairFacts } from '../../domain/model-check';
import type { Result } from '../../domain/result';

/** Where a pair comes from, and what it is called. */
export interface PairOrigin {
  readonly id: string;
  /** Used where the model's own name is missing. */
  readonly fallbackTitle: string;
  readonly licence: string;
  readonly origin: string;
}

/** The manifest of a language model and its mmproj that came without one. */
export function pairManifest(
  facts: PairFacts,
  files: readonly BundleFile[],
  { id, fallbackTitle, licence, origin }: PairOrigin,
): Result<Manifest> {
  const manifest: { [Key in keyof Manifest]?: unknown } = {
    schema: 'plugsight-bundle/1',
    id,
    version: (files[0]?.sha256 ?? '').slice(0, 12),
    title: (facts.name ?? fallbackTitle).slice(0, 80) || 'Own model',
    kind: 'model',
    licence: licence.slice(0, 100),
    origin: origin.slice(0, 500),
    pipelines: ['llama-runner', 'llama-mtmd'],
    requires: { memoryBytes: facts.memory.totalBytes },
    model: {
      // The runner resizes by the model's own rule; ours only keeps the picture from being needlessly large.
      input: { family: 'fit-png', params: { longest: Math.max(facts.imageSize ?? 0, 512) } },
      context: facts.context,
      prompts: ['Describe the image.'],
      about: `${facts.architecture} language model, ${facts.quantisation}, ${facts.imageSize ?? 'any'} px ${facts.projector} vision encoder`,
    },
    files,
  };
  return parseManifest(manifest);
}
