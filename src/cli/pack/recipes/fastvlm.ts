import { refusal, warning, type Finding } from '../findings';
import type { Inspected } from '../inspect';
import type { Description, Part, Recipe } from '../recipe';
import { bytesOf, expectTokens, fileOf } from './about';
import { TOKENIZER_JSON } from './items';
import { HTP_PAIR, qnnLibrary, qnnProgram } from './qnn';

const FALLBACK = 'the decoder on the CPU is then no way out when the one on the Hexagon fails';

const runner: Part = {
  ...{ kind: 'runner', id: 'fastvlm', title: 'qnn-net-run and genie-t2t-run' },
  ...{ npu: 'required', qnn: true, licence: 'LicenseRef-Qualcomm-AI-Runtime', origin: 'QAIRT SDK' },
  items: [
    qnnProgram('qnn-net-run', { role: 'vision-runner' }),
    qnnProgram('genie-t2t-run'),
    qnnLibrary('libGenie.so'),
    qnnLibrary('libQnnHtp.so'),
    qnnLibrary('libQnnSystem.so'),
    qnnLibrary('libQnnHtpPrepare.so'),
    qnnLibrary('libQnnHtpNetRunExtensions.so'),
    ...HTP_PAIR,
    ...['libQnnGenAiTransformer.so', 'libQnnGenAiTransformerModel.so'].map((name) =>
      qnnLibrary(name, { optional: FALLBACK }),
    ),
    qnnLibrary('libQnnGenAiTransformerCpuOpPkg.so', { optional: FALLBACK }),
    qnnLibrary('libQnnCpu.so', { optional: FALLBACK }),
    {
      ...{ key: 'extensions', names: ['htp_backend_ext_config.json'], is: 'json', role: 'config' },
      from: 'the SDK’s Genie examples, or VLM_on_edge; it names the chip and performance mode',
      optional: 'the dialog then runs without backend extensions',
    },
  ],
  describe: (files): Description => ({
    findings: [],
    facts: { cpuDecoder: fileOf(files, 'QnnGenAiTransformer') !== undefined },
  }),
};

const HUB = 'compiled by Qualcomm AI Hub or qnn-context-binary-generator';

const model: Part = {
  ...{ kind: 'model', id: 'fastvlm-0.5b', title: 'FastVLM 0.5B (QNN)', npu: 'required', qnn: true },
  ...{ licence: 'LicenseRef-own', origin: 'compiled by its user' },
  items: [
    {
      ...{ key: 'encoder', names: ['vision_encoder*.bin'], is: 'qnn-context', role: 'encoder' },
      from: `${HUB}: FastViTHD with its projector`,
    },
    {
      ...{ key: 'encoder-info', names: ['vision_encoder*.json', 'encoder_info.json'] },
      ...{ is: 'qnn-info', role: 'config', as: 'encoder_info.json' },
      from: 'qnn-context-binary-utility --context_binary vision_encoder.bin --json_file encoder_info.json',
      optional:
        'type and scale of the picture and of the rows must then be said: --fact imageDtype=float32',
    },
    {
      ...{ key: 'embedding', names: ['text_embedder*.bin'], is: 'qnn-context', role: 'embedding' },
      ...{
        from: HUB,
        optional: 'rows of text are then taken from the LUT, which holds the same numbers',
      },
    },
    {
      ...{ key: 'decoder', names: ['fastvlm_full.bin', 'fastvlm*.bin', 'decoder*.bin'] },
      ...{ is: 'qnn-context', role: 'decoder', from: `${HUB}: the Qwen2 decoder` },
    },
    {
      ...{ key: 'cpu-decoder', names: ['cpu_decoder*.bin', '*genai*.bin'], is: 'raw' },
      ...{ role: 'decoder', facts: { backend: 'cpu' }, optional: FALLBACK },
      from: 'qnn-genai-transformer-composer of the QAIRT SDK; call it cpu_decoder.bin',
    },
    {
      ...{ key: 'lut', names: ['embedding_fp16.bin', 'embedding.bin', 'LUT.bin', 'lut.bin'] },
      ...{ is: 'raw', role: 'lut', from: 'the model’s embed_tokens.weight, written as it stands' },
    },
    TOKENIZER_JSON,
    {
      ...{ key: 'genie', names: ['fastvlm_genie*.json', '*genie*.json'], is: 'genie-config' },
      ...{ role: 'other', from: 'your own Genie configuration' },
      optional: '', // the page writes its own; this one would only tell the context length
    },
  ],
  describe(files): Description {
    const genie = fileOf(files, 'genie')?.genie;
    const info = fileOf(files, 'encoder-info')?.qnn;
    const [picture, rows] = [info?.inputs[0], info?.outputs[0]];
    const bytes = fileOf(files, 'lut')?.source.bytes;
    return {
      findings: [
        ...checkLut(fileOf(files, 'lut')),
        ...checkGenie(fileOf(files, 'genie')),
        ...expectTokens(files, ['<|im_start|>', '<|im_end|>', '<|endoftext|>'], 'Qwen2'),
      ],
      facts: {
        ...genie?.settings,
        ...{ imageTokens: IMAGE_TOKENS, width: WIDTH, vocabulary: ROWS },
        lutDtype: bytes === LUT_F16 ? 'float16' : 'float32',
        ...(picture ? { imageDtype: picture.dtype, imageLayout: layoutOf(picture.sizes) } : {}),
        ...(picture ? { imageName: picture.name } : {}),
        ...(rows ? { rowsDtype: rows.dtype, rowsName: rows.name } : {}),
        ...(rows?.scale === undefined ? {} : { rowsScale: rows.scale }),
        ...(rows?.offset === undefined ? {} : { rowsOffset: rows.offset }),
      },
      memoryBytes: bytesOf(files, 'encoder', 'decoder', 'lut'),
      model: {
        input: { family: picture?.dtype === 'uint8' ? 'fastvlm-u8' : 'fastvlm-pad', params: {} },
        ...{ context: genie?.context ?? 512, prompts: ['Describe the image.'] },
      },
    };
  },
};

/** FastVLM-0.5B: rows of Qwen2's embedding table, their width, and rows of a picture. Source: VLM_on_edge, host/combine_embeddings.py. */
const [ROWS, WIDTH, IMAGE_TOKENS] = [151_936, 896, 256];
const [LUT_F32, LUT_F16] = [ROWS * WIDTH * 4, ROWS * WIDTH * 2];

function checkLut(file: Inspected | undefined): readonly Finding[] {
  const bytes = file?.source.bytes ?? LUT_F32;
  if (!file || bytes === LUT_F32 || bytes === LUT_F16) return [];
  const what = `has ${bytes} bytes; ${ROWS} x ${WIDTH} numbers are ${LUT_F32} (float32) or ${LUT_F16} (float16)`;
  return [refusal('wrong-size', file.source.path, what, file.item.from)];
}

function checkGenie(file: Inspected | undefined): readonly Finding[] {
  const { width = WIDTH, vocabulary = ROWS } = file?.genie ?? {};
  if (!file || (width === WIDTH && vocabulary === ROWS)) return [];
  const what = `is for ${vocabulary} x ${width}; the LUT of FastVLM-0.5B is ${ROWS} x ${WIDTH}`;
  return [warning('wrong-model', file.source.path, what, file.item.from)];
}

const layoutOf = (sizes: readonly number[]): string => (sizes.at(-1) === 3 ? 'HWC' : 'CHW');

/** Sources: AryamaVMurthy/VLM_on_edge (main: handoff/scripts/run_e2e_int8_device.sh; feat/npu-export-automation: device/*.sh). */
export const fastvlm: Recipe = {
  ...{ id: 'fastvlm', title: 'FastVLM on the NPU (qnn-net-run, Genie)', runner, model },
};
