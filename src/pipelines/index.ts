import type { Pipeline } from '../domain/pipeline';
import { llamaRunner } from './llama-runner';
import { omniinfer } from './omniinfer';
import { qnnMultimodal } from './qnn-multimodal';

/** Every way to run a model. The picker, the form, the installer, links and tests read this table; none of them names a row. */
export const PIPELINES = {
  'llama-runner': llamaRunner,
  omniinfer,
  'qnn-multimodal': qnnMultimodal,
} as const satisfies Record<string, Pipeline>;

export type PipelineId = keyof typeof PIPELINES;

/** True for an id from a link or manifest that is in the table. */
export const isPipelineId = (id: string): id is PipelineId => Object.hasOwn(PIPELINES, id);
