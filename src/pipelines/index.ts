import type { Pipeline } from '../domain/pipeline';
import { etqnn } from './etqnn';
import { fastVlm } from './fastvlm';
import { llamaMtmd } from './llama-mtmd';
import { llamaRunner } from './llama-runner';
import { llava } from './llava';
import type { PipelineId } from './offers';
import { omniinfer } from './omniinfer';
import { qnnMultimodal } from './qnn-multimodal';

/** The code of every row of offers.ts. */
export const PIPELINES = {
  'llama-runner': llamaRunner,
  omniinfer,
  'qnn-multimodal': qnnMultimodal,
  fastvlm: fastVlm,
  llava,
  'llama-mtmd': llamaMtmd,
  etqnn,
} as const satisfies Record<PipelineId, Pipeline>;
