import type { Description, Part, Recipe } from '../recipe';
import { contextOf, expectPte, fileOf, isPte } from './about';

const BUILD = 'the ExecuTorch build, cmake-out-android/examples/models/llava';

const runner: Part = {
  ...{ kind: 'runner', id: 'llava', title: 'ExecuTorch LLaVA runner (CPU)', npu: 'none' },
  ...{ qnn: false, licence: 'BSD-3-Clause', origin: 'llava_main of pytorch/executorch' },
  items: [
    {
      ...{ key: 'program', names: ['llava_main'], is: 'program', role: 'runner' },
      folders: ['cmake-out-android/examples/models/llava'],
      from: `${BUILD}/llava_main (XNNPACK, linked statically)`,
    },
  ],
  describe: (): Description => ({ findings: [] }),
};

const model: Part = {
  ...{ kind: 'model', id: 'llava-1.5-7b', title: 'LLaVA 1.5 7B (ExecuTorch)', npu: 'none' },
  ...{ qnn: false, licence: 'LicenseRef-own', origin: 'exported by its user' },
  items: [
    {
      ...{ key: 'model', names: ['llava.pte', 'llava*.pte', '*.pte'], is: 'pte', role: 'language' },
      ...{ from: 'ExecuTorch, python -m executorch.examples.models.llava.export_llava' },
      suits: isPte('llava'),
    },
    {
      ...{ key: 'tokenizer', names: ['tokenizer.bin'], is: 'tokenizer-bin', role: 'tokenizer' },
      from: 'the same export: it writes tokenizer.bin beside llava.pte',
    },
    {
      // Behind the runner's own: the first of a role is the one that it gets.
      ...{ key: 'tokenizer-json', names: ['tokenizer.json'], is: 'tokenizer-json' },
      ...{ role: 'tokenizer', from: 'llava-hf/llava-1.5-7b-hf on Hugging Face, tokenizer.json' },
      optional: 'the page then bounds a question by its bytes instead of counting its tokens',
    },
  ],
  describe: (files): Description => ({
    findings: expectPte(files, 'model', ['llava'], 'llava'),
    facts: { imageTokens: 576 },
    // About 5 GiB are used (examples/models/llava/README.md).
    memoryBytes: 5 * 2 ** 30,
    model: {
      // The runner decodes a picture file itself and makes its longest side 336 (0.7 and later).
      input: { family: 'fit-png', params: { longest: 336 } },
      ...{
        context: contextOf(fileOf(files, 'model')) ?? 768,
        prompts: ['What is in this picture?'],
      },
    },
  }),
};

/** Source: pytorch/executorch examples/models/llava (README.md, main.cpp, export_llava.py). */
export const llava: Recipe = {
  ...{ id: 'llava', title: 'ExecuTorch LLaVA (CPU)', runner, model },
};
