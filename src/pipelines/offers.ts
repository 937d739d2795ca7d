import type { NumberOption, Offer } from '../domain/pipeline';

/**
 * Every way to run a model, as the page offers it: what picker, form, links and installer need. The code of a row is in its
 * own file and loads when it runs (index.ts); none of the readers names a row.
 */
export const OFFERS = {
  'llama-runner': {
    kind: 'serving',
    title: 'llama.cpp, our runner',
    summary: 'Any GGUF model with its mmproj, on the CPU. Loads once, answers many questions.',
    streams: true,
    runner: 'llama-runner',
    model: 'tiny-vlm',
    needs: ['language', 'vision'],
    options: {
      'max-tokens': option('Answer length', 'at most this many tokens', [1, 2048, 1], 96),
      temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
      'top-k': option('Top-k', 'choose among this many tokens; 0: all', [0, 200, 1], 40),
      'top-p': option('Top-p', 'choose among tokens that make up this share', [0, 1, 0.01], 0.95),
      'min-p': option('Min-p', 'drop tokens below this share of the likeliest', [0, 1, 0.01], 0.05),
      'repeat-penalty': option('Repetition penalty', '1: none', [0.5, 2, 0.05], 1),
      seed: option('Seed', 'matters when the temperature is above 0', [0, 4294967295, 1], 0),
    },
    requests: () => ({ vision: 'cpu', language: 'cpu' }),
  },
  omniinfer: {
    kind: 'steps',
    title: 'OmniInfer hybrid',
    summary:
      'Qwen2.5-VL-3B: vision encoder by llama.cpp, decoder by ExecuTorch, both on the NPU. Qwen3-VL is not supported by the public runner.',
    streams: false,
    runner: 'simulated-omniinfer-runner',
    model: 'simulated-omniinfer-model',
    yours: true,
    needs: ['language', 'vision', 'decoder', 'tokenizer'],
    options: {
      temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
      'image-first': option(
        'Picture before the question',
        '1: before the text; 0: behind it, as the runner does by itself',
        [0, 1, 1],
        0,
      ),
    },
    requests: () => ({ vision: 'npu', language: 'npu' }),
  },
  'qnn-multimodal': {
    kind: 'steps',
    title: 'ExecuTorch QNN multimodal',
    summary:
      'SmolVLM-500M or InternVL3-1B, all parts on the NPU. The answer comes whole at the end.',
    streams: false,
    runner: 'simulated-qnn-multimodal-runner',
    model: 'simulated-qnn-multimodal-model',
    yours: true,
    needs: ['encoder', 'embedding', 'decoder', 'tokenizer'],
    options: {
      'max-tokens': option(
        'Answer length',
        'at most this many tokens; 0: as far as the compiled context goes',
        [0, 4096, 1],
        0,
      ),
      temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
      conversation: option(
        'Conversation',
        '1: earlier questions are asked again first, in the same process; 0: each question stands alone',
        [0, 1, 1],
        0,
      ),
    },
    requests: () => ({ vision: 'npu', language: 'npu' }),
  },
  fastvlm: {
    kind: 'steps',
    title: 'FastVLM, QNN and Genie',
    summary: 'FastVLM-0.5B on the NPU, picture and language. Needs files of the QAIRT SDK.',
    streams: true,
    runner: 'simulated-fastvlm-runner',
    model: 'simulated-fastvlm-model',
    yours: true,
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
  },
  llava: {
    kind: 'steps',
    title: 'LLaVA, ExecuTorch',
    summary: 'LLaVA-1.5-7B on the CPU (XNNPACK). For phones with 12 GB and more.',
    streams: true,
    runner: 'simulated-llava-runner',
    model: 'simulated-llava-model',
    yours: true,
    needs: ['language', 'tokenizer'],
    options: {
      'max-tokens': option(
        'Answer length',
        'at most this many tokens; the context has 768',
        [1, 1024, 1],
        128,
      ),
      temperature: option('Temperature', '0 gives the same answer every time', [0, 1, 0.05], 0),
    },
    requests: () => ({ vision: 'cpu', language: 'cpu' }),
  },
  'llama-mtmd': {
    kind: 'steps',
    title: 'llama.cpp, upstream',
    summary:
      'llama-mtmd-cli of your own build, on the CPU or on Hexagon. Loads anew for each question.',
    streams: true,
    runner: 'simulated-llama-mtmd-runner',
    model: 'simulated-llama-mtmd-model',
    yours: true,
    needs: ['language', 'vision'],
    options: {
      'max-tokens': option('Answer length', 'at most this many tokens', [1, 2048, 1], 256),
      temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
      'top-k': option('Top-k', 'choose among this many tokens; 0: all', [0, 200, 1], 40),
      'top-p': option('Top-p', 'choose among tokens that make up this share', [0, 1, 0.01], 0.95),
      seed: option('Seed', 'matters when the temperature is above 0', [0, 4294967295, 1], 0),
      hexagon: option(
        'Hexagon',
        '1: on the NPU (v73 and later, Q4_0 or Q8_0 weights); 0: on the CPU',
        [0, 1, 1],
        0,
      ),
      'image-max-tokens': option(
        'Picture tokens',
        'at most; 0: as the model wants; fewer are faster',
        [0, 16_384, 1],
        0,
      ),
    },
    requests: ({ hexagon }) =>
      hexagon === 1 ? { vision: 'npu', language: 'npu' } : { vision: 'cpu', language: 'cpu' },
  },
  etqnn: {
    kind: 'serving',
    title: 'Text on the NPU, ExecuTorch',
    summary:
      'Questions without a picture. Loads once, answers many, on the NPU. Prompts of up to 512 tokens.',
    streams: true,
    pictures: false,
    runner: 'simulated-etqnn-runner',
    model: 'simulated-etqnn-model',
    yours: true,
    needs: ['decoder', 'tokenizer'],
    options: {
      'max-tokens': option('Answer length', 'at most this many tokens', [1, 2048, 1], 256),
      temperature: option(
        'Temperature',
        '0 gives the same answer every time; a change loads anew',
        [0, 2, 0.05],
        0.8,
      ),
    },
    requests: () => ({ language: 'npu' }),
  },
} as const satisfies Record<string, Offer>;

export type PipelineId = keyof typeof OFFERS;

/** True for an id from a link or manifest that is in the table. */
export const isPipelineId = (id: string): id is PipelineId => Object.hasOwn(OFFERS, id);

function option(
  label: string,
  hint: string,
  [min, max, step]: readonly [number, number, number],
  initial: number,
): NumberOption {
  return { label, hint, min, max, step, initial };
}
