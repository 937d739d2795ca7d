import { refusal, type Finding } from '../findings';
import type { Inspected } from '../inspect';
import type { Description, Part, Recipe } from '../recipe';
import {
  bytesOf,
  constantOf,
  contextOf,
  evalModeOf,
  expectPte,
  expectTokens,
  fileOf,
  isPte,
  methodOf,
  squareOf,
} from './about';
import { TOKENIZER_JSON, decoderPte } from './items';
import { EXECUTORCH_QNN, LLAMA_SCRIPTS, VENDOR_LICENCE } from './qnn';

const EXPORT =
  'ExecuTorch, examples/qualcomm/oss_scripts/llama/llama.py --decoder_model smolvlm_500m_instruct or internvl3_1b';

const runner: Part = {
  ...{ kind: 'runner', id: 'qnn-multimodal', title: 'ExecuTorch QNN multimodal runner' },
  ...{ npu: 'required', qnn: true, licence: VENDOR_LICENCE },
  origin: 'qnn_multimodal_runner of pytorch/executorch, QNN SDK',
  items: [
    {
      ...{ key: 'program', names: ['qnn_multimodal_runner'], folders: [LLAMA_SCRIPTS] },
      ...{ is: 'program', role: 'runner' },
      from: `the ExecuTorch build (1.2 or newer), ${LLAMA_SCRIPTS}/qnn_multimodal_runner`,
      marks: ['tok_embedding_path', 'embedding_path', 'shared_buffer'],
    },
    ...EXECUTORCH_QNN,
  ],
  describe(files): Description {
    const program = fileOf(files, 'program');
    const generation = generationOf(program);
    return {
      findings: program?.elf && !generation ? [notARunner(program)] : [],
      facts: {
        ...(generation ? { generation } : {}),
        sharedBuffer: program?.marks.has('shared_buffer') ?? false,
      },
    };
  },
};

/** ExecuTorch 1.2 has `--embedding_path`; 1.3 renamed it, and changed what `--image_path` is. */
const generationOf = (program: Inspected | undefined): string | undefined =>
  program?.marks.has('tok_embedding_path')
    ? 'B2'
    : program?.marks.has('embedding_path')
      ? 'B1'
      : undefined;

const notARunner = ({ source, item }: Inspected): Finding =>
  refusal(
    ...(['wrong-generation', source.path] as const),
    'knows neither --tok_embedding_path nor --embedding_path: it is another program',
    item.from,
  );

const model: Part = {
  ...{ kind: 'model', id: 'qnn-multimodal-model', title: 'ExecuTorch QNN multimodal model' },
  ...{ npu: 'required', qnn: true, licence: 'LicenseRef-own', origin: 'exported by its user' },
  items: [
    {
      ...{ key: 'encoder', names: ['vision_encoder_qnn.pte', '*.pte'], is: 'pte', from: EXPORT },
      ...{ role: 'encoder', suits: isPte('encoder') },
    },
    {
      ...{ key: 'embedding', is: 'pte', role: 'embedding', from: EXPORT },
      names: ['tok_embedding_qnn.pte', 'text_embedding_qnn.pte', '*.pte'],
      suits: isPte('embedding'),
    },
    decoderPte(EXPORT),
    TOKENIZER_JSON,
  ],
  describe(files): Description {
    const decoder = fileOf(files, 'decoder');
    const edge = squareOf(methodOf(fileOf(files, 'encoder'), 'forward'));
    const known = edge === undefined ? undefined : MODELS[edge];
    const rows = methodOf(fileOf(files, 'encoder'), 'forward')?.outputs[0]?.sizes;
    const width = constantOf(decoder, 'get_dim') ?? rows?.at(-1);
    return {
      findings: [
        ...expectPte(files, 'encoder', ['encoder'], 'qnn-multimodal'),
        ...expectPte(files, 'embedding', ['embedding'], 'qnn-multimodal'),
        ...expectPte(files, 'decoder', ['hybrid-decoder', 'kv-decoder'], 'qnn-multimodal'),
        ...checkDecoder(decoder),
        ...checkEdge(fileOf(files, 'encoder'), edge),
        ...(known ? expectTokens(files, known.tokens, known.title) : []),
      ],
      ...(known ? { title: known.title } : {}),
      facts: {
        evalMode: evalModeOf(decoder),
        ...(known
          ? { decoderModelVersion: known.version, imageTokens: rows?.at(-2) ?? known.imageTokens }
          : {}),
        ...(edge ? { imageSize: edge, imageDtype: 'float32', imageLayout: 'CHW' } : {}),
        ...(width === undefined ? {} : { width }),
      },
      memoryBytes: bytesOf(files, 'encoder', 'embedding', 'decoder'),
      ...(known
        ? {
            model: {
              input: { family: known.family, params: {} },
              ...{ context: contextOf(decoder) ?? CONTEXT, prompts: ['Describe this image.'] },
            },
          }
        : {}),
    };
  },
};

/** What the documented exports compile. Source: examples/qualcomm/oss_scripts/llama/README.md. */
const CONTEXT = 1024;

/** By the edge of the encoder's picture. Source: examples/qualcomm/oss_scripts/llama/encoder/encoder_config.py. */
const MODELS: Readonly<Record<number, Known>> = {
  512: {
    ...{ title: 'SmolVLM 500M (QNN)', version: 'smolvlm', family: 'smolvlm-512', imageTokens: 64 },
    tokens: ['<end_of_utterance>', '<fake_token_around_image>'],
  },
  448: {
    ...{ title: 'InternVL3 1B (QNN)', version: 'internvl3', family: 'internvl3-448' },
    ...{ imageTokens: 256, tokens: ['<img>', '<IMG_CONTEXT>', '<|im_end|>'] },
  },
};
interface Known {
  readonly title: string;
  readonly version: string;
  readonly family: string;
  readonly imageTokens: number;
  /** That its tokenizer must have. */
  readonly tokens: readonly string[];
}

function checkEdge(encoder: Inspected | undefined, edge: number | undefined): readonly Finding[] {
  if (!encoder?.pte || !isPte('encoder')(encoder) || (edge !== undefined && MODELS[edge]))
    return [];
  const sizes = methodOf(encoder, 'forward')?.inputs[0]?.sizes.join(' x ') ?? 'nothing';
  const what = `takes ${sizes}; the runner has templates for SmolVLM (512 x 512) and InternVL3 (448 x 448)`;
  return [refusal('wrong-model', encoder.source.path, what, encoder.item.from)];
}

function checkDecoder(file: Inspected | undefined): readonly Finding[] {
  if (!methodOf(file, 'get_ie_logits_scale') || !file) return [];
  const what = 'was exported by the OmniInfer fork for its own runner (get_ie_logits_scale)';
  return [refusal('wrong-pipeline', file.source.path, what, file.item.from)];
}

/**
 * Sources: pytorch/executorch examples/qualcomm/oss_scripts/llama/qnn_multimodal_runner.cpp,
 * evaluator/device_evaluator.py; tag v1.2.0 for the first generation.
 */
export const qnnMultimodal: Recipe = {
  ...{ id: 'qnn-multimodal', title: 'ExecuTorch QNN multimodal (SmolVLM, InternVL3)' },
  ...{ runner, model },
};
