import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ANDROID_LOADER, elf, type FakeElf } from './elf';
import { ggufFile, joined, pairKeys, pairTensors, stringKey, u32, u32Key } from './gguf';
import { FLOAT, INT32, INT64, pte, type FakeMethod } from './pte';

/** Files by path; a number is a file of so many zeros, "-> x" a link. */
export type Tree = Readonly<Record<string, Uint8Array | string | number>>;

/** A temporary folder with these files. Leaving its scope removes it. */
export class Folder implements AsyncDisposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async of(tree: Tree): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(tmpdir(), 'plugsight-pack-')));
    await folder.add(tree);
    return folder;
  }

  async add(tree: Tree): Promise<void> {
    for (const [name, content] of Object.entries(tree)) {
      const path = join(this.root, name);
      await mkdir(dirname(path), { recursive: true });
      if (typeof content === 'string' && content.startsWith('-> '))
        await symlink(content.slice(3), path);
      else if (typeof content === 'number') {
        await writeFile(path, '');
        await truncate(path, content);
      } else await writeFile(path, content);
    }
  }

  readonly path = (name: string): string => join(this.root, name);

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

export const program = (fake: FakeElf = {}): Uint8Array =>
  elf({ interpreter: ANDROID_LOADER, needed: ['libc.so', 'libdl.so'], ...fake });
export const library = (soname: string, fake: FakeElf = {}): Uint8Array =>
  elf({ soname, needed: ['libc.so', 'liblog.so'], ...fake });
const skel = (soname: string, flags: number): Uint8Array =>
  elf({ bits: 32, machine: 164, flags, soname, needed: ['libc.so'], align: 4096 });

export const VERSION = '2.37.0.250724';
const BUILD = `v${VERSION}175447_124859`;

const QNN = [
  ...['libQnnHtp.so', 'libQnnSystem.so', 'libQnnHtpPrepare.so', 'libGenie.so', 'libQnnCpu.so'],
  ...['libQnnHtpNetRunExtensions.so', 'libQnnGenAiTransformer.so'],
  ...['libQnnGenAiTransformerModel.so', 'libQnnGenAiTransformerCpuOpPkg.so'],
];

/** A QAIRT SDK, as far as these pipelines need it: the same names for the phone and for a PC. */
export function qairt(version = VERSION, build = BUILD): Tree {
  const tree: Record<string, Uint8Array | string> = {
    'qairt/sdk.yaml': `product: qairt\nversion: ${version}\n`,
    ...{ 'qairt/bin/aarch64-android/qnn-net-run': program() },
    'qairt/bin/aarch64-android/genie-t2t-run': program({ needed: ['libGenie.so', 'libc.so'] }),
  };
  for (const name of QNN) {
    tree[`qairt/lib/aarch64-android/${name}`] = library(name, { text: build });
    tree[`qairt/lib/x86_64-linux-clang/${name}`] = library(name, { machine: 62, text: build });
  }
  for (const [arch, flags] of [
    ['75', 0x73],
    ['79', 0x79],
  ] as const) {
    const stub = `libQnnHtpV${arch}Stub.so`;
    tree[`qairt/lib/aarch64-android/${stub}`] = library(stub, { text: build });
    const name = `libQnnHtpV${arch}Skel.so`;
    tree[`qairt/lib/hexagon-v${arch}/unsigned/${name}`] = skel(name, flags);
  }
  return tree;
}

const SCRIPTS = 'et/build-android/examples/qualcomm/oss_scripts/llama';
const NEEDS = ['libqnn_executorch_backend.so', 'libc++_shared.so', 'libc.so'];

/** An ExecuTorch build for Android, with the NDK's C++ library that it needs beside it. */
export const executorch: Tree = {
  [`${SCRIPTS}/qnn_multimodal_runner`]: program({
    ...{ needed: NEEDS, text: 'tok_embedding_path\0embedding_path\0shared_buffer' },
  }),
  [`${SCRIPTS}/qnn_llama_runner`]: program({
    ...{ needed: NEEDS, text: 'embeds_path\0kv_updater' },
  }),
  'et/build-android/lib/libqnn_executorch_backend.so': library('libqnn_executorch_backend.so'),
  'et/ndk/libc++_shared.so': library('libc++_shared.so'),
};

export const V75 = [57, 75] as const;
const target = V75;
const QNN_PART = { backends: ['QnnBackend'], target };
const hybrid: FakeMethod[] = [
  { name: 'prefill_forward', ...QNN_PART, inputs: [[FLOAT, [1, 16, 960]]] },
  { name: 'kv_forward', ...QNN_PART, inputs: [[FLOAT, [1, 1, 960]]] },
  { name: 'get_max_context_len', constant: 1024 },
];
export const encoder = (edge: number, tokens: number, more: Partial<FakeMethod> = {}): Uint8Array =>
  pte([
    {
      ...{ name: 'forward', ...QNN_PART, inputs: [[FLOAT, [1, 3, edge, edge]]] },
      ...{ outputs: [[FLOAT, [1, tokens, 960]]], ...more },
    },
  ]);
export const hybridDecoder = pte(hybrid);
export const forkDecoder = pte([
  ...hybrid.slice(0, 2),
  ...[
    { name: 'get_max_context_len', constant: 2048 },
    { name: 'get_ie_logits_scale', constant: 1 },
  ],
]);
const textDecoder = pte([
  { name: 'prefill_forward', ...QNN_PART, inputs: [[INT32, [1, 128]]] },
  { name: 'kv_forward', ...QNN_PART, inputs: [[INT32, [1, 1]]] },
]);
const embedding = pte([
  { name: 'tok_embedding_prefill_forward', inputs: [[INT64, [1, 16]]] },
  { name: 'tok_embedding_kv_forward', inputs: [[INT64, [1, 1]]] },
]);
export const llavaPte = pte([
  { name: 'vision_encoder', backends: ['XnnpackBackend'] },
  { name: 'token_embedding' },
  { name: 'text_decoder', backends: ['XnnpackBackend'] },
]);

export const tokenizer = (...tokens: readonly string[]): string =>
  JSON.stringify({
    model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
    added_tokens: tokens.map((content, i) => ({ id: i + 1, content, special: true })),
  });
const QWEN = ['<|im_start|>', '<|im_end|>', '<|endoftext|>', '<|vision_start|>'];
export const language = (architecture = 'qwen2vl', width = 64): Uint8Array => {
  const keys = [
    stringKey('general.architecture', architecture),
    u32Key(`${architecture}.context_length`, 32_768),
    u32Key(`${architecture}.embedding_length`, width),
  ];
  return ggufFile(keys, pairTensors.language, 4096);
};
export const mmproj = ggufFile(pairKeys.vision, pairTensors.vision, 4096);
const word = (text: string) => joined(u32(0), u32(text.length), new TextEncoder().encode(text));
const tokenizerBin = joined(
  ...[u32(3), u32(1), u32(2), u32(5)],
  ...[word('<unk>'), word('<s>'), word('</s>')],
);
export const LUT_F16 = 272_269_312;
/** Beginning like nothing that we know. */
export const context = new Uint8Array(5000).fill(7);
const encoderInfo = JSON.stringify({
  graphs: [
    {
      info: {
        graphInputs: [info('pixel_values', 'UFIXED_POINT_8', [1, 1024, 1024, 3], 1 / 255, 0)],
        graphOutputs: [info('image_features', 'UFIXED_POINT_8', [1, 256, 896], 0.25, -128)],
      },
    },
  ],
});
function info(name: string, type: string, dimensions: number[], scale: number, offset: number) {
  const quantizeParams = { scaleOffset: { scale, offset } };
  return { info: { name, dataType: `QNN_DATATYPE_${type}`, dimensions, quantizeParams } };
}

/** One folder per pipeline with all that it needs, laid out as its SDK or build lays it out. */
export const GOOD: Readonly<Record<string, { readonly tree: Tree; readonly args: string[] }>> = {
  omniinfer: {
    tree: {
      ...qairt(),
      ...executorch,
      'vlm/build/bin/llama-mtmd-cli': program({ needed: ['libllama.so'], text: 'mtmd_data.bin' }),
      'vlm/build/bin/libllama.so': library('libllama.so'),
      'vlm/npu/libhtp_ops.so': library('libhtp_ops.so', { needed: ['libcdsprpc.so'] }),
      'vlm/npu/libhtp_ops_skel.so': skel('libhtp_ops_skel.so', 0x73),
      'model/Qwen2.5-VL-3B.gguf': language(),
      'model/mmproj.gguf': mmproj,
      'model/hybrid_llama_qnn.pte': forkDecoder,
      'model/tokenizer.json': tokenizer(...QWEN),
    },
    args: ['--soc', 'SM8650'],
  },
  'qnn-multimodal': {
    tree: {
      ...qairt(),
      ...executorch,
      'model/vision_encoder_qnn.pte': encoder(512, 64),
      'model/tok_embedding_qnn.pte': embedding,
      'model/hybrid_llama_qnn.pte': hybridDecoder,
      'model/tokenizer.json': tokenizer('<end_of_utterance>', '<fake_token_around_image>'),
    },
    args: ['--arch', 'v75'],
  },
  fastvlm: {
    tree: {
      ...qairt(),
      'model/vision_encoder_int8.bin': context,
      'model/vision_encoder_int8.json': encoderInfo,
      'model/fastvlm_full.bin': context,
      'model/cpu_decoder.bin': context,
      'model/embedding_fp16.bin': LUT_F16,
      'model/tokenizer.json': tokenizer(...QWEN),
      'model/htp_backend_ext_config.json': '{"devices": []}',
    },
    args: ['--soc', 'SM8750'],
  },
  llava: {
    tree: {
      'et/cmake-out-android/examples/models/llava/llava_main': program(),
      'model/llava.pte': llavaPte,
      'model/tokenizer.bin': tokenizerBin,
    },
    args: [],
  },
  'llama-mtmd': {
    tree: {
      'pkg-snapdragon/bin/llama-mtmd-cli': program({
        ...{ needed: ['libmtmd.so', 'libc.so'], text: 'log-jsonl' },
      }),
      'pkg-snapdragon/lib/libmtmd.so': library('libmtmd.so', { needed: ['libggml.so'] }),
      'pkg-snapdragon/lib/libggml.so': library('libggml.so'),
      'pkg-snapdragon/lib/libggml-cpu-android_armv8.2_1.so': library('libggml-cpu.so'),
      'pkg-snapdragon/lib/libggml-hexagon.so': library('libggml-hexagon.so'),
      'pkg-snapdragon/lib/libggml-htp-v75.so': skel('libggml-htp-v75.so', 0x75),
      'model/model-Q4_0.gguf': language('llama'),
      'model/mmproj-model.gguf': mmproj,
    },
    args: ['--arch', 'v75'],
  },
  etqnn: {
    tree: {
      ...qairt(),
      'jniLibs/arm64-v8a/libetqnn_runner.so': program({ needed: ['libc.so'] }),
      'jniLibs/arm64-v8a/libqnn_executorch_backend.so': library('libqnn_executorch_backend.so'),
      'model/hybrid_llama_qnn.pte': textDecoder,
      'model/tokenizer.json': tokenizer(...QWEN),
    },
    args: ['--soc', 'SM8650'],
  },
};
