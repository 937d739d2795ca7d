import type { StepPipeline } from '../../domain/pipeline';
import { option } from '../setup';
import { fastVlmParser } from './parser';
import { fastVlmBudget } from './question';
import { runFastVlm } from './run';

/** FastVLM on the NPU: two compiled graphs by qnn-net-run, the page between them, and Genie. */
export const fastVlm: StepPipeline = {
  kind: 'steps',
  title: 'FastVLM, QNN and Genie',
  summary: 'FastVLM-0.5B on the NPU, picture and language. Needs files of the QAIRT SDK.',
  streams: true,
  runner: 'simulated-fastvlm-runner',
  model: 'simulated-fastvlm-model',
  needs: ['encoder', 'decoder', 'lut', 'tokenizer'],
  options: {
    'max-tokens': option(
      'Answer length',
      'at most this many tokens; the context has 512',
      [1, 2048, 1],
      200,
    ),
    temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
    'top-k': option('Top-k', 'choose among this many tokens', [1, 200, 1], 40),
    'top-p': option('Top-p', 'choose among tokens that make up this share', [0, 1, 0.01], 0.9),
    seed: option('Seed', 'matters when the temperature is above 0', [0, 4294967295, 1], 0),
    'npu-decoder': option(
      'NPU decoder',
      '1: language on the NPU (experimental); 0: on the CPU',
      [0, 1, 1],
      1,
    ),
    conversation: option(
      'Conversation',
      '1: follow-up questions go on from the answer before',
      [0, 1, 1],
      0,
    ),
  },
  requests: (options) => ({
    vision: 'npu',
    language: options['npu-decoder'] === 0 ? 'cpu' : 'npu',
  }),
  parser: fastVlmParser,
  budget: fastVlmBudget,
  run: runFastVlm,
};
