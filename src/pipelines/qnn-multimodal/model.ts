import type { InstalledBundle } from '../../domain/pipeline';
import { RUNNER_TEMPLATES, type RunnerTemplate } from '../../templates/runners';

/**
 * The runner exists in two generations that do not take each other's flags: 1.2 (ExecuTorch v1.2.0 and PR 16536) and
 * 1.3 (v1.3.0 and later).
 */
export type Generation = '1.2' | '1.3';

/** As the packer read it in the program. */
export function generationFact({ manifest }: InstalledBundle): Generation | undefined {
  const told = manifest.facts?.['generation'];
  return told === 'B1' ? '1.2' : told === 'B2' ? '1.3' : undefined;
}

interface Model {
  /** Value of `--decoder_model_version`. */
  readonly version: string;
  readonly template: RunnerTemplate;
  /** What 1.2 puts between picture and question. */
  readonly gap: string;
}

/** By the family that prepares the picture: it makes the tensor that this model's encoder takes. */
const MODELS: Readonly<Record<string, Model>> = {
  'smolvlm-512': {
    ...{ version: 'smolvlm', template: RUNNER_TEMPLATES['executorch-smolvlm'], gap: '' },
  },
  'internvl3-448': {
    ...{ version: 'internvl3', template: RUNNER_TEMPLATES['executorch-internvl3'], gap: '\n' },
  },
};

/** undefined: this runner has no model with such pictures. */
export const modelOf = (family: string): Model | undefined =>
  Object.hasOwn(MODELS, family) ? MODELS[family] : undefined;

/** Texts that a runner takes for a picture, wherever they stand. */
export const MARKERS = ['<image>', '<IMG_CONTEXT>'];

/**
 * The text of each turn around its picture, as it is tokenised: 1.2 shows the picture anew in each turn, 1.3 once.
 * Source: pytorch/executorch vision_chat_template.h; v1.2.0 qnn_multimodal_runner.cpp.
 */
export const turnPieces = (
  { template, gap }: Model,
  questions: readonly string[],
  generation: Generation,
): readonly (readonly string[])[] =>
  questions.map((prompt, turn) => {
    const images = generation === '1.2' || turn === 0 ? 1 : 0;
    const [before = '', after] = template
      .rendered({ prompt, system: '', images })
      .split(template.marker);
    if (after === undefined) return [before];
    return [before, generation === '1.2' ? withGap(after, gap) : after];
  });

const withGap = (after: string, gap: string) => after.replace('</img>', () => `</img>${gap}`);
