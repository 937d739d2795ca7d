import type { Description, Part, Recipe } from '../recipe';
import { bytesOf, contextOf, evalModeOf, expectPte, fileOf } from './about';
import { TOKENIZER_JSON, decoderPte } from './items';
import { EXECUTORCH_QNN, VENDOR_LICENCE, qnnLibrary } from './qnn';

const JNI =
  'android/omniinfer-server/src/main/jniLibs/arm64-v8a of omnimind-ai/OmniInfer (its first build downloads it)';

const runner: Part = {
  ...{ kind: 'runner', id: 'etqnn', title: 'OmniInfer text runner (libetqnn_runner.so)' },
  ...{ npu: 'required', qnn: true, licence: VENDOR_LICENCE },
  origin: 'libetqnn_runner.so of omnimind-ai/OmniInfer, QNN SDK',
  items: [
    {
      // A program, whatever its name says: Android's installer unpacks only what is called lib*.so.
      ...{ key: 'program', names: ['libetqnn_runner.so'], folders: ['jniLibs/arm64-v8a'] },
      ...{ is: 'program', role: 'runner', from: JNI },
    },
    ...EXECUTORCH_QNN.map((item) => ({
      ...item,
      folders: ['jniLibs/arm64-v8a', ...(item.folders ?? [])],
    })),
    qnnLibrary('libQnnHtpNetRunExtensions.so', {
      optional: '', // OmniInfer ships it; what for is not known
    }),
  ],
  describe: (): Description => ({ findings: [] }),
};

const model: Part = {
  ...{ kind: 'model', id: 'etqnn-model', title: 'Text model (ExecuTorch QNN)', npu: 'required' },
  ...{ qnn: true, licence: 'LicenseRef-own', origin: 'exported by its user' },
  items: [
    decoderPte(
      'ExecuTorch, examples/qualcomm/oss_scripts/llama/llama.py, or OmniInfer’s models for this chip',
    ),
    {
      ...{ key: 'evictor', names: ['attention_sink_evictor.pte'], is: 'pte', role: 'other' },
      from: 'the same export, for models with an attention sink',
      optional: '',
    },
    TOKENIZER_JSON,
  ],
  describe(files): Description {
    const decoder = fileOf(files, 'decoder');
    return {
      findings: expectPte(files, 'decoder', ['hybrid-decoder', 'kv-decoder'], 'etqnn'),
      facts: { evalMode: evalModeOf(decoder), text: true },
      memoryBytes: bytesOf(files, 'decoder'),
      model: {
        // It reads text only: whatever picture is there is not sent. The schema wants a family.
        input: { family: 'fit-png', params: {} },
        ...{ context: contextOf(decoder) ?? 2048, prompts: ['Tell me a joke.'] },
      },
    };
  },
};

/** Sources: omnimind-ai/OmniInfer docs/android/et-qnn.md, android/omniinfer-server/src/main/cpp/et-qnn-runner/main.cpp. */
export const etqnn: Recipe = {
  ...{ id: 'etqnn', title: 'ExecuTorch QNN text runner (OmniInfer)', runner, model },
};
