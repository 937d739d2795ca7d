import { expect, test } from 'vitest';
import { readPackOptions } from '../../../../src/cli/pack/options';
import { plan } from '../../../../src/cli/pack/plan';
import { readSources } from '../../../../src/cli/pack/sources';
import { elf } from '../../../fakes/elf';
import {
  Folder,
  GOOD,
  encoder,
  forkDecoder,
  hybridDecoder,
  language,
  library,
  llavaPte,
  program,
  tokenizer,
  type Tree,
} from '../../../fakes/sdks';

const AARCH64 = 'qairt/lib/aarch64-android';
const RUNNER = 'et/build-android/examples/qualcomm/oss_scripts/llama/qnn_multimodal_runner';
const SKEL = 'qairt/lib/hexagon-v75/unsigned/libQnnHtpV75Skel.so';
const OTHER = 'v2.42.0.251225135753_193295';

interface Wrong {
  readonly is: string;
  readonly recipe: string;
  readonly change: Tree;
  readonly without?: readonly string[];
  readonly args?: readonly string[];
  /** Code, file and words of every refusal that is expected. */
  readonly refused: readonly (readonly [code: string, file: RegExp, problem: RegExp])[];
  readonly remedy?: RegExp;
}

const WRONG: readonly Wrong[] = [
  {
    ...{ is: 'a program for a PC', recipe: 'qnn-multimodal' },
    change: { [RUNNER]: program({ machine: 62 }) },
    refused: [['wrong-machine', /qnn_multimodal_runner$/, /is for x86-64, not for arm64/]],
    remedy: /ExecuTorch build .*build-android/,
  },
  {
    ...{ is: 'a 32-bit library', recipe: 'qnn-multimodal' },
    change: { [`${AARCH64}/libQnnSystem.so`]: elf({ bits: 32, machine: 40 }) },
    refused: [['32-bit', /libQnnSystem\.so$/, /32-bit ARM/]],
    remedy: /SDK.*lib\/aarch64-android\/libQnnSystem\.so/,
  },
  {
    ...{ is: 'a library that nobody has', recipe: 'qnn-multimodal' },
    change: { [`${AARCH64}/libQnnHtp.so`]: library('libQnnHtp.so', { needed: ['libfoo.so'] }) },
    refused: [['missing-library', /libQnnHtp\.so$/, /needs libfoo\.so/]],
  },
  {
    ...{ is: 'no libc++ of the NDK', recipe: 'qnn-multimodal', change: {} },
    without: ['et/ndk/libc++_shared.so'],
    refused: [['missing-library', /qnn_multimodal_runner$/, /needs libc\+\+_shared\.so/]],
    remedy: /the NDK.*libc\+\+_shared\.so/,
  },
  {
    ...{ is: 'no skel for the chip', recipe: 'qnn-multimodal', change: {}, without: [SKEL] },
    refused: [['missing-skel', /libQnnHtpV75Skel\.so$/, /missing in the folders/]],
    remedy: /^the QNN \(QAIRT\) SDK.*lib\/hexagon-v75\/unsigned/,
  },
  {
    ...{ is: 'a chip that this SDK is too old for', recipe: 'qnn-multimodal', change: {} },
    ...{ args: ['--part', 'runner', '--soc', 'SM8850'] },
    refused: [
      ['missing-file', /libQnnHtpV81Stub\.so$/, /missing/],
      ['missing-skel', /libQnnHtpV81Skel\.so$/, /missing/],
    ],
  },
  {
    ...{ is: 'a skel that is another one, renamed', recipe: 'qnn-multimodal' },
    change: {
      [SKEL]: elf({ bits: 32, machine: 164, flags: 0x79, soname: 'libQnnHtpV79Skel.so' }),
    },
    refused: [['wrong-arch', /V75Skel\.so$/, /libQnnHtpV79Skel\.so inside: it is for v79/]],
  },
  {
    ...{ is: 'a skel with code for a newer Hexagon', recipe: 'qnn-multimodal' },
    change: { [SKEL]: elf({ bits: 32, machine: 164, flags: 0x79 }) },
    refused: [['wrong-arch', /V75Skel\.so$/, /code for Hexagon v79, which v75 cannot run/]],
  },
  {
    ...{ is: 'a stub of another generation', recipe: 'qnn-multimodal' },
    change: { [`${AARCH64}/libQnnHtpV75Stub.so`]: library('libQnnHtpV79Stub.so') },
    refused: [['wrong-arch', /V75Stub\.so$/, /it is for v79, not v75/]],
  },
  {
    ...{ is: 'the stub where the skel should be', recipe: 'qnn-multimodal' },
    change: { [SKEL]: library('libQnnHtpV75Skel.so') },
    refused: [['wrong-machine', /V75Skel\.so$/, /is for arm64, not for hexagon/]],
  },
  {
    ...{ is: 'an object file', recipe: 'llava' },
    change: { 'et/cmake-out-android/examples/models/llava/llava_main': elf({ type: 1 }) },
    refused: [['not-executable', /llava_main$/, /an object file/]],
  },
  {
    ...{ is: 'a program for Linux', recipe: 'llava' },
    change: {
      'et/cmake-out-android/examples/models/llava/llava_main': elf({
        interpreter: '/lib/ld-linux-aarch64.so.1',
      }),
    },
    refused: [['not-android', /llava_main$/, /ld-linux-aarch64/]],
  },
  {
    ...{ is: 'a program at a fixed address', recipe: 'llava' },
    change: {
      'et/cmake-out-android/examples/models/llava/llava_main': program({ type: 2 }),
    },
    refused: [['not-executable', /llava_main$/, /no PIE/]],
  },
  {
    ...{ is: 'a library for Linux', recipe: 'etqnn' },
    change: { [`${AARCH64}/libQnnHtp.so`]: library('libQnnHtp.so', { needed: ['libc.so.6'] }) },
    refused: [['not-android', /libQnnHtp\.so$/, /libc\.so\.6/]],
  },
  {
    ...{ is: "LLaVA's model", recipe: 'qnn-multimodal' },
    change: { 'model/hybrid_llama_qnn.pte': llavaPte },
    refused: [['wrong-pipeline', /hybrid_llama_qnn\.pte$/, /LLaVA.*qnn-multimodal needs a hybrid/]],
  },
  {
    ...{ is: "the fork's decoder upstream", recipe: 'qnn-multimodal' },
    change: { 'model/hybrid_llama_qnn.pte': forkDecoder },
    refused: [['wrong-pipeline', /hybrid_llama_qnn\.pte$/, /OmniInfer fork/]],
  },
  {
    ...{ is: "upstream's decoder in the fork", recipe: 'omniinfer' },
    change: { 'model/hybrid_llama_qnn.pte': hybridDecoder },
    refused: [['wrong-generation', /hybrid_llama_qnn\.pte$/, /no get_ie_logits_scale/]],
    remedy: /OmniInfer-LLM/,
  },
  {
    ...{ is: "upstream's extractor and runner", recipe: 'omniinfer' },
    change: {
      'vlm/build/bin/llama-mtmd-cli': program(),
      'et/build-android/examples/qualcomm/oss_scripts/llama/qnn_llama_runner': program(),
    },
    refused: [
      ['wrong-generation', /llama-mtmd-cli$/, /no mtmd_data\.bin/],
      ['wrong-generation', /qnn_llama_runner$/, /--embeds_path/],
    ],
  },
  {
    ...{ is: "OmniInfer's llama-mtmd-cli", recipe: 'llama-mtmd' },
    change: {
      'pkg-snapdragon/bin/llama-mtmd-cli': program({ needed: [], text: 'mtmd_data.bin' }),
    },
    refused: [['wrong-generation', /llama-mtmd-cli$/, /OmniInfer's fork/]],
  },
  {
    ...{ is: 'a model for another chip', recipe: 'qnn-multimodal' },
    change: { 'model/vision_encoder_qnn.pte': encoder(512, 64, { target: [69, 79] }) },
    refused: [
      ['wrong-soc', /vision_encoder_qnn\.pte$/, /compiled for SM8750 \(v79\), not for v75/],
    ],
  },
  {
    ...{ is: 'an encoder of no known model', recipe: 'qnn-multimodal' },
    change: { 'model/vision_encoder_qnn.pte': encoder(384, 64) },
    refused: [['wrong-model', /vision_encoder_qnn\.pte$/, /takes 1 x 3 x 384 x 384/]],
  },
  {
    ...{ is: 'the tokenizer of another model', recipe: 'qnn-multimodal' },
    change: { 'model/tokenizer.json': tokenizer('<|im_end|>') },
    refused: [['wrong-model', /tokenizer\.json$/, /no <end_of_utterance>/]],
  },
  {
    ...{ is: 'no tokenizer', recipe: 'qnn-multimodal', change: {} },
    without: ['model/tokenizer.json'],
    refused: [['missing-file', /^tokenizer\.json$/, /missing/]],
  },
  {
    ...{ is: 'language model and mmproj swapped', recipe: 'omniinfer' },
    change: {},
    args: ['--file', 'language=model/mmproj.gguf', '--file', 'mmproj=model/Qwen2.5-VL-3B.gguf'],
    refused: [
      ['swapped', /mmproj\.gguf$/, /is an mmproj/],
      ['swapped', /Qwen2\.5-VL-3B\.gguf$/, /is a language model \(qwen2vl\)/],
    ],
  },
  {
    ...{ is: 'another language model', recipe: 'omniinfer' },
    change: { 'model/Qwen2.5-VL-3B.gguf': language('qwen3vl') },
    refused: [['wrong-model', /Qwen2\.5-VL-3B\.gguf$/, /"qwen3vl"/]],
  },
  {
    ...{ is: 'an mmproj of another width', recipe: 'llama-mtmd' },
    change: { 'model/model-Q4_0.gguf': language('llama', 128) },
    args: ['--part', 'model'],
    refused: [
      ['wrong-model', /mmproj-model\.gguf$/, /language model is 128 wide, the mmproj gives 64/],
    ],
  },
  {
    ...{ is: 'half a GGUF', recipe: 'llama-mtmd' },
    change: { 'model/model-Q4_0.gguf': language('llama').subarray(0, 300) },
    args: ['--part', 'model'],
    refused: [
      ['damaged', /model-Q4_0\.gguf$/, /300 bytes, but its header describes|ends after 300/],
    ],
  },
  {
    ...{ is: 'two GGUF models and no hint', recipe: 'llama-mtmd' },
    change: { 'model/other.gguf': language('qwen2') },
    args: ['--part', 'model'],
    refused: [['several-versions', /\.gguf$/, /2 different ones: .*other\.gguf/]],
    remedy: /--file language=PATH/,
  },
  {
    ...{ is: 'a LUT of the wrong size', recipe: 'fastvlm' },
    change: { 'model/embedding_fp16.bin': 50_000_000 },
    refused: [['wrong-size', /embedding_fp16\.bin$/, /544538624 \(float32\) or 272269312/]],
  },
  {
    ...{ is: 'a DLC as a context', recipe: 'fastvlm' },
    change: { 'model/fastvlm_full.bin': 'PK\x03\x04 and more' },
    refused: [['wrong-kind', /fastvlm_full\.bin$/, /ZIP archive.*not a QNN context binary/]],
  },
  {
    ...{ is: 'a JSON with comments', recipe: 'fastvlm' },
    change: { 'model/htp_backend_ext_config.json': '{"devices": [] // one\n}' },
    refused: [['damaged', /htp_backend_ext_config\.json$/, /no JSON/]],
  },
  {
    ...{ is: 'two SDKs in one', recipe: 'qnn-multimodal' },
    change: { [`${AARCH64}/libQnnHtp.so`]: library('libQnnHtp.so', { text: OTHER }) },
    refused: [['mixed-sdk', /\.so$/, /is of SDK 2\.\d+.*, and .* is of 2\.\d+/]],
  },
  {
    ...{ is: 'a model compiled with another SDK than said', recipe: 'fastvlm' },
    change: { 'model/fastvlm_full.bin': `\x07\x01 ${OTHER}` },
    args: ['--part', 'model', '--soc', 'SM8750', '--sdk', '2.37.0.250724'],
    refused: [['mixed-sdk', /fastvlm_full\.bin$/, /2\.42\.0\.251225, and --sdk says 2\.37/]],
  },
  {
    ...{ is: 'another SDK than said', recipe: 'qnn-multimodal', change: {} },
    ...{ args: ['--part', 'runner', '--arch', 'v75', '--sdk', '2.42.0.251225'] },
    refused: [['mixed-sdk', /\.so$/, /is of SDK 2\.37\.0\.250724, and --sdk says 2\.42/]],
  },
  {
    ...{ is: 'two different libraries of one name', recipe: 'etqnn' },
    change: {
      'old/lib/aarch64-android/libQnnSystem.so': library('libQnnSystem.so', { text: 'x' }),
    },
    refused: [['several-versions', /libQnnSystem\.so$/, /2 different ones: .*old/]],
  },
  {
    ...{ is: 'a link that leads out', recipe: 'llava' },
    change: { 'model/llava.pte': '-> /etc/hostname' },
    without: ['model/llava.pte'],
    refused: [['outside-folder', /llava\.pte$/, /a link to \/etc\/hostname/]],
  },
  {
    ...{ is: 'an empty file', recipe: 'llava', change: { 'model/llava.pte': '' } },
    refused: [['empty', /llava\.pte$/, /no bytes/]],
  },
  {
    ...{ is: 'a file cut off', recipe: 'llava' },
    change: { 'model/llava.pte': llavaPte.subarray(0, llavaPte.length - 20) },
    refused: [['damaged', /llava\.pte$/, /cut off/]],
  },
  {
    ...{ is: 'a Git LFS pointer', recipe: 'llava' },
    change: { 'model/llava.pte': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' },
    refused: [['wrong-kind', /llava\.pte$/, /Git LFS pointer/]],
  },
  {
    ...{ is: 'a tokenizer of the other form', recipe: 'llava' },
    change: { 'model/tokenizer.bin': tokenizer() },
    refused: [['wrong-kind', /tokenizer\.bin$/, /is JSON, not a tokenizer\.bin/]],
  },
  {
    ...{ is: 'no word about the phone', recipe: 'fastvlm', change: {} },
    args: ['--part', 'runner'],
    refused: [['soc-unknown', /^chip$/, /which phone/]],
    remedy: /--soc SM8650/,
  },
  {
    ...{ is: 'a chip without a Hexagon', recipe: 'fastvlm', change: {} },
    args: ['--part', 'runner', '--soc', 'MT6989'],
    refused: [
      ['soc-unsupported', /MT6989/, /Hexagon/],
      ['soc-unknown', /^chip$/, /which phone/],
    ],
  },
  {
    ...{ is: 'a Hexagon that llama.cpp has nothing for', recipe: 'llama-mtmd', change: {} },
    args: ['--part', 'runner', '--arch', 'v69'],
    refused: [['missing-skel', /libggml-htp-v69\.so/, /missing/]],
    remedy: /none below v73/,
  },
];

test.each(WRONG.map((wrong) => [wrong.recipe, wrong.is, wrong] as const))(
  '%s refuses %s',
  async (recipe, _, { change, without = [], args, refused, remedy }) => {
    const good = { ...GOOD[recipe]!.tree };
    for (const path of [...without, ...Object.keys(change)]) Reflect.deleteProperty(good, path);
    await using folder = await Folder.of({ ...good, ...change });
    const words = (args ?? GOOD[recipe]!.args).map((word) =>
      word.replace('=model/', `=${folder.root}/model/`),
    );
    const extra = args && !args.includes('--part') ? GOOD[recipe]!.args : [];
    const options = await readPackOptions([
      ...[recipe, '--from', folder.root, '--to', folder.path('out'), ...words, ...extra],
    ]);
    const sources = await readSources(options.folders);
    const parts = options.parts.length > 0 ? options.parts : (['runner', 'model'] as const);
    const found = [];
    for (const part of parts)
      found.push(...(await plan(options.recipe[part], sources, options.wishes)).findings);
    const refusals = found.filter(({ level }) => level === 'refusal');
    expect(refusals.map(({ code, file, problem }) => ({ code, file, problem }))).toEqual(
      expect.arrayContaining(
        refused.map(([code, file, problem]) => ({
          ...{ code, file: expect.stringMatching(file) as string },
          problem: expect.stringMatching(problem) as string,
        })),
      ),
    );
    expect(refusals).toHaveLength(refused.length);
    if (remedy) expect(refusals[0]?.remedy).toMatch(remedy);
    for (const refusal of refusals) expect(refusal.remedy).not.toBe('');
  },
);
