import type { Pipeline } from '../domain/pipeline';
import { etqnn } from './etqnn';
import { fastVlm } from './fastvlm';
import { llamaMtmd } from './llama-mtmd';
import { llamaRunner } from './llama-runner';
import { llava } from './llava';
import { omniinfer } from './omniinfer';
import { qnnMultimodal } from './qnn-multimodal';

/** Every way to run a model. The picker, the form, the installer, links and tests read this table; none of them names a row. */
export const PIPELINES = {
  'llama-runner': llamaRunner,
  omniinfer,
  'qnn-multimodal': qnnMultimodal,
  fastvlm: fastVlm,
  llava,
  'llama-mtmd': llamaMtmd,
  etqnn,
} as const satisfies Record<string, Pipeline>;

export type PipelineId = keyof typeof PIPELINES;

/** True for an id from a link or manifest that is in the table. */
export const isPipelineId = (id: string): id is PipelineId => Object.hasOwn(PIPELINES, id);
