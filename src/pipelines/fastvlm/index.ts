import type { StepPipeline } from '../../domain/pipeline';
import { fastVlmParser } from './parser';
import { fastVlmBudget } from './question';
import { runFastVlm } from './run';
import { OFFERS } from '../offers';

/** FastVLM on the NPU: two compiled graphs by qnn-net-run, the page between them, and Genie. */
export const fastVlm: StepPipeline = {
  ...OFFERS.fastvlm,
  parser: fastVlmParser,
  budget: fastVlmBudget,
  run: runFastVlm,
};
