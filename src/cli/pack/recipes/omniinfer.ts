import { refusal, type Finding } from '../findings';
import type { Inspected } from '../inspect';
import type { Description, Part, Recipe } from '../recipe';
import {
  bytesOf,
  contextOf,
  expectGgufPair,
  expectPte,
  expectTokens,
  fileOf,
  methodOf,
} from './about';
import { LANGUAGE_GGUF, MMPROJ_GGUF, TOKENIZER_JSON, decoderPte } from './items';
import { EXECUTORCH_QNN, LLAMA_SCRIPTS, VENDOR_LICENCE } from './qnn';

const VLM = 'the OmniInfer-VLM build (a fork of llama.cpp), build/bin';
const LLM = 'the OmniInfer-LLM build (a fork of ExecuTorch)';
const EXPORT = `${LLM}: examples/qualcomm/oss_scripts/llama/llama.py --decoder_model qwen2_5_vl_3b`;

const runner: Part = {
  ...{ kind: 'runner', id: 'omniinfer', title: 'OmniInfer hybrid runner', npu: 'required' },
  ...{ qnn: true, licence: VENDOR_LICENCE },
  origin:
    'llama-mtmd-cli of omnimind-ai/OmniInfer-VLM, qnn_llama_runner of omnimind-ai/OmniInfer-LLM, QNN SDK',
  items: [
    {
      ...{ key: 'extractor', names: ['llama-mtmd-cli'], folders: ['build/bin', 'bin'] },
      ...{ is: 'program', role: 'vision-runner', from: `${VLM}/llama-mtmd-cli` },
      marks: ['mtmd_data.bin'],
    },
    {
      ...{ key: 'htp-ops', names: ['libhtp_ops.so'], is: 'library', role: 'library' },
      from: 'the OmniInfer-NPU (OmniOp-NPU) release',
      optional: 'the picture is then encoded on the CPU, slowly and without a word',
    },
    {
      // The public code does not name it.
      ...{ key: 'htp-ops-skel', names: ['libhtp_ops_skel.so', '*htp_ops*kel*.so'] },
      ...{ is: 'skel', role: 'skel', from: 'the OmniInfer-NPU (OmniOp-NPU) release' },
      optional: 'libhtp_ops.so cannot work without its half on the Hexagon',
    },
    {
      ...{ key: 'program', names: ['qnn_llama_runner'], folders: [LLAMA_SCRIPTS] },
      ...{ is: 'program', role: 'runner', from: `${LLM}, ${LLAMA_SCRIPTS}/qnn_llama_runner` },
      marks: ['embeds_path', 'kv_updater', 'shared_buffer'],
    },
    ...EXECUTORCH_QNN,
  ],
  describe(files) {
    const program = fileOf(files, 'program');
    return {
      findings: [...checkExtractor(files), ...checkProgram(program)],
      facts: { kvUpdater: program?.marks.has('kv_updater') ?? false },
    };
  },
};

function checkExtractor(files: readonly Inspected[]): readonly Finding[] {
  const file = fileOf(files, 'extractor');
  if (!file?.elf || file.marks.has('mtmd_data.bin')) return [];
  const what =
    "is llama.cpp's own llama-mtmd-cli (no mtmd_data.bin in it): it chats, and writes no embeddings";
  return [refusal('wrong-generation', file.source.path, what, file.item.from)];
}

function checkProgram(file: Inspected | undefined): readonly Finding[] {
  if (!file?.elf || file.marks.has('embeds_path')) return [];
  const what = "is ExecuTorch's own runner: it has no --embeds_path, only the fork has";
  return [refusal('wrong-generation', file.source.path, what, file.item.from)];
}

const model: Part = {
  ...{ kind: 'model', id: 'qwen2.5-vl-3b-omniinfer', title: 'Qwen2.5-VL 3B (OmniInfer)' },
  ...{ npu: 'required', qnn: true, licence: 'LicenseRef-own', origin: 'exported by its user' },
  items: [
    LANGUAGE_GGUF,
    {
      ...MMPROJ_GGUF,
      from: 'the OmniInfer-VLM release: repacked for the Hexagon; a stock mmproj gives nonsense there',
    },
    decoderPte(EXPORT),
    { ...TOKENIZER_JSON, from: 'Qwen/Qwen2.5-VL-3B-Instruct on Hugging Face' },
  ],
  describe: (files): Description => ({
    findings: [
      ...expectGgufPair(files),
      ...checkLanguage(fileOf(files, 'language')),
      ...expectPte(files, 'decoder', ['hybrid-decoder'], 'omniinfer'),
      ...checkDecoder(fileOf(files, 'decoder')),
      ...expectTokens(files, ['<|im_end|>', '<|vision_start|>'], 'Qwen2.5-VL'),
    ],
    facts: { width: WIDTH, promptLimit: PROMPT_LIMIT, decoderModelVersion: 'qwen3' },
    // A process for each: the larger of the two, not both.
    memoryBytes: Math.max(bytesOf(files, 'language', 'mmproj'), bytesOf(files, 'decoder')),
    model: {
      // Sides in multiples of 28 below 1024: the phone then copies the picture instead of resizing it.
      input: { family: 'qwen-png', params: { longest: 1008, max_pixels: 1_003_520 } },
      context: contextOf(fileOf(files, 'decoder')) ?? CONTEXT,
      prompts: ['Describe this image.'],
    },
  }),
};

/** Fixed in the runner (OmniInfer-LLM examples/qualcomm/oss_scripts/llama/runner/runner.cpp). */
const [WIDTH, CONTEXT, PROMPT_LIMIT] = [2048, 2048, 1920];

function checkLanguage(file: Inspected | undefined): readonly Finding[] {
  const architecture = file?.gguf?.architecture;
  if (!file || !architecture || ['qwen2vl', 'clip'].includes(architecture)) return [];
  const what = `is a "${architecture}" model; the runner's sizes are those of Qwen2.5-VL-3B ("qwen2vl") only`;
  return [refusal('wrong-model', file.source.path, what, file.item.from)];
}

function checkDecoder(file: Inspected | undefined): readonly Finding[] {
  if (!file?.pte || !methodOf(file, 'kv_forward') || methodOf(file, 'get_ie_logits_scale'))
    return [];
  const what =
    "was exported by ExecuTorch's own script: it has no get_ie_logits_scale, and the runner aborts";
  return [refusal('wrong-generation', file.source.path, what, file.item.from)];
}

/**
 * Sources: omnimind-ai/OmniInfer-VLM README.md and tools/mtmd/mtmd-cli.cpp, omnimind-ai/OmniInfer-LLM
 * examples/qualcomm/oss_scripts/llama/qnn_llama_runner.cpp.
 */
export const omniinfer: Recipe = {
  ...{ id: 'omniinfer', title: 'OmniInfer hybrid (Qwen2.5-VL-3B)', runner, model },
};
