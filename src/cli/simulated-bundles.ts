import { createHash } from 'node:crypto';
import type { BundleFile, Manifest } from '../domain/bundle';
import { storedPath } from '../domain/bundle';
import { BYTE_CHARS } from '../adapters/tokenizer/alphabet';

/** A folder of device-payload/: its manifest and the files beside it, by name. */
export interface SimulatedBundle {
  readonly name: string;
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The tiny model's own files; other bundles point to them. */
export type TinyFiles = Readonly<Record<'language' | 'vision', BundleFile>>;

interface Program {
  readonly file: string;
  readonly role: BundleFile['role'];
  /** Row of adapters/simulated. */
  readonly simulates: string;
  /** What the page looks for in the original's binary, to know its build. */
  readonly marks?: readonly string[];
}

interface Stand {
  readonly id: string;
  readonly title: string;
  readonly programs: readonly Program[];
  /** Libraries that the original opens, by their names. */
  readonly libraries: readonly string[];
  /** Files that stand for the vendor's model; the tiny model's GGUF pair has the roles language and vision. */
  readonly parts: readonly (readonly [role: BundleFile['role'], file: string])[];
  readonly gguf: boolean;
  readonly input: NonNullable<Manifest['model']>['input'];
  readonly context: number;
  readonly facts?: Manifest['facts'];
}

const ARCHS = ['V75', 'V79'];
const QNN = ['libQnnHtp.so', 'libQnnSystem.so', 'libQnnHtpPrepare.so'];
const HTP = ARCHS.flatMap((arch) => [`libQnnHtp${arch}Stub.so`, `libQnnHtp${arch}Skel.so`]);
const TOKENIZER = ['tokenizer', 'tokenizer.json'] as const;
/** The texts that runners' templates are made of; each counts as one token. */
const SPECIAL = [
  ...['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|vision_start|>', '<|vision_end|>'],
  ...['<fake_token_around_image>', '<global-img>', '<end_of_utterance>', '<image>'],
  ...['<img>', '</img>', '<IMG_CONTEXT>'],
];
const FIRST_SPECIAL = 256;
const idOf = (text: string) => FIRST_SPECIAL + SPECIAL.indexOf(text);
const VOCABULARY = FIRST_SPECIAL + SPECIAL.length;
const WIDTH = 896;

const STANDS: readonly Stand[] = [
  {
    ...{ id: 'omniinfer', title: 'OmniInfer hybrid' },
    programs: [
      {
        ...{ file: 'llama-mtmd-cli', role: 'vision-runner', simulates: 'omni-llama-mtmd-cli' },
        marks: ['mtmd_data.bin'],
      },
      {
        ...{ file: 'qnn_llama_runner', role: 'runner', simulates: 'qnn-llama-runner' },
        marks: ['embeds_path', 'kv_updater'],
      },
    ],
    libraries: ['libhtp_ops.so', 'libhtp_ops_skel.so', ...QNN, ...HTP],
    parts: [['decoder', 'hybrid_llama_qnn.pte'], TOKENIZER],
    ...{ gguf: true, context: 2048 },
    input: { family: 'qwen-png', params: { max_pixels: 401_408 } },
  },
  {
    ...{ id: 'qnn-multimodal', title: 'ExecuTorch QNN multimodal' },
    programs: [
      {
        ...{ file: 'qnn_multimodal_runner', role: 'runner', simulates: 'qnn-multimodal-runner' },
        marks: ['tok_embedding_path'],
      },
    ],
    libraries: [...QNN, ...HTP, 'libqnn_executorch_backend.so'],
    parts: [
      ['encoder', 'vision_encoder_qnn.pte'],
      ['embedding', 'tok_embedding_qnn.pte'],
      ['decoder', 'hybrid_llama_qnn.pte'],
      TOKENIZER,
    ],
    ...{ gguf: false, context: 1024, input: { family: 'smolvlm-512', params: {} } },
  },
  {
    ...{ id: 'fastvlm', title: 'FastVLM on the NPU' },
    programs: [
      { file: 'qnn-net-run', role: 'vision-runner', simulates: 'qnn-net-run' },
      { file: 'genie-t2t-run', role: 'runner', simulates: 'genie-t2t-run' },
    ],
    libraries: [...QNN, ...HTP, 'libGenie.so', 'libQnnHtpNetRunExtensions.so'],
    parts: [
      ['encoder', 'vision_encoder.bin'],
      ['embedding', 'text_embedder.bin'],
      ['decoder', 'fastvlm_full.bin'],
      ['lut', 'embedding_fp16.bin'],
      TOKENIZER,
    ],
    ...{ gguf: false, context: 512, input: { family: 'fastvlm-u8', params: {} } },
    facts: {
      ...{ vocabulary: VOCABULARY, width: WIDTH, imageDtype: 'uint8' },
      beginToken: idOf('<|im_start|>'),
      endToken: idOf('<|im_end|>'),
      padToken: idOf('<|endoftext|>'),
    },
  },
  {
    ...{ id: 'llava', title: 'ExecuTorch LLaVA' },
    programs: [{ file: 'llava_main', role: 'runner', simulates: 'llava-main' }],
    libraries: [],
    parts: [
      ['language', 'llava.pte'],
      ['tokenizer', 'tokenizer.bin'],
    ],
    ...{ gguf: false, context: 768 },
    input: { family: 'square-png', params: { size: 336, imageTokens: 576 } },
  },
  {
    ...{ id: 'llama-mtmd', title: 'llama.cpp, upstream' },
    programs: [
      {
        ...{ file: 'bin/llama-mtmd-cli', role: 'runner', simulates: 'llama-mtmd-cli' },
        marks: ['--log-jsonl', '--image-max-tokens'],
      },
    ],
    libraries: ARCHS.map((arch) => `lib/libggml-htp-${arch.toLowerCase()}.so`),
    parts: [],
    ...{ gguf: true, context: 512 },
    input: { family: 'square-png', params: { size: 128, imageTokens: 64 } },
  },
  {
    ...{ id: 'etqnn', title: 'ExecuTorch text runner' },
    programs: [{ file: 'libetqnn_runner.so', role: 'runner', simulates: 'etqnn-runner' }],
    libraries: [...QNN, ...HTP],
    parts: [['decoder', 'hybrid_llama_qnn.pte'], TOKENIZER],
    ...{ gguf: false, context: 2048 },
    input: { family: 'square-png', params: { size: 128, imageTokens: 64 } },
  },
];

const baseOf = (path: string) => path.replace(/.*\//, '');

const NOTE =
  'Simulated for Plugsight. This is no vendor file: it stands in its place on the virtual phone and the test device.';

/** All bundles that stand for files which nobody may pass on. Pure: the same bytes every time. */
export const simulatedBundles = (tiny: TinyFiles): readonly SimulatedBundle[] =>
  STANDS.flatMap((stand) => [runnerOf(stand), modelOf(stand, tiny)]);

function runnerOf(stand: Stand): SimulatedBundle {
  const programs = stand.programs.flatMap((program) => [
    fileOf(`${baseOf(program.file)}.wasm32`, programText(program, 'wasm32'), {
      ...{ path: program.file, role: program.role, mode: '755', abi: 'wasm32' },
    }),
    fileOf(`${baseOf(program.file)}.x86_64`, programText(program, 'x86_64'), {
      ...{ path: program.file, role: program.role, mode: '755', abi: 'x86_64' },
    }),
  ]);
  const libraries = stand.libraries.map((name) => {
    const arch = /(?:libQnnHtp|libggml-htp-)V(\d\d)/i.exec(name)?.[1];
    const only = arch ? { htpArch: `v${arch}` } : {};
    return fileOf(baseOf(name), libraryOf(name), { path: name, role: 'library', ...only });
  });
  return bundle(stand, 'runner', [...programs, ...libraries], {
    title: `Simulated runner: ${stand.title}`,
    summary: 'Imitates what the original prints and writes, and answers with the tiny model.',
  });
}

/**
 * An ELF header with nothing behind it but our note: enough for looking at its kind, nothing for loading it.
 * A skel is for the DSP (32-bit Hexagon), the rest for the phone (64-bit ARM). Format: TIS ELF 1.2.
 */
function libraryOf(name: string): Uint8Array {
  const dsp = /Skel|_skel|ggml-htp/.test(name);
  const head = Buffer.alloc(dsp ? 52 : 64);
  head.set([0x7f, 0x45, 0x4c, 0x46, dsp ? 1 : 2, 1, 1]);
  head.writeUInt16LE(3, 16); // ET_DYN
  head.writeUInt16LE(dsp ? 164 : 183, 18);
  head.writeUInt32LE(1, 20);
  head.writeUInt16LE(head.length, dsp ? 40 : 52);
  return Buffer.concat([head, Buffer.from(`${NOTE}\n${name}\n`)]);
}

/** On the test device the shell starts what test/device puts there; elsewhere it says what this is. */
function programText({ simulates, marks = [] }: Program, abi: 'wasm32' | 'x86_64'): string {
  const about = [`# ${NOTE}`, ...marks.map((mark) => `# ${mark}`)];
  const lines =
    abi === 'wasm32'
      ? [`#!plugsight-wasm ${simulates} 1`, ...about]
      : ['#!/bin/sh', ...about, `exec /system/bin/plugsight-simulated ${simulates} "$0" "$@"`];
  return `${lines.join('\n')}\n`;
}

function modelOf(stand: Stand, tiny: TinyFiles): SimulatedBundle {
  const weights = `weights: ${storedPath(tiny.language.sha256)} ${storedPath(tiny.vision.sha256)}`;
  const content = (role: string, name: string) => {
    if (role === 'tokenizer') return tokenizerText();
    // A table of the right size, for the size is all that is looked at.
    if (role === 'lut') return new Uint8Array(VOCABULARY * WIDTH * 2);
    return `${NOTE}\n${name}\n${weights}\n`;
  };
  const parts = stand.parts.map(([role, name]) =>
    fileOf(name, content(role, name), { path: name, role }),
  );
  const own = (['language', 'vision'] as const).map((role) => ({
    entry: {
      ...tiny[role],
      ...{ url: `../tiny-vlm/${tiny[role].url}`, role: stand.gguf ? role : ('other' as const) },
    },
  }));
  return bundle(stand, 'model', [...parts, ...own], {
    title: `Simulated model for ${stand.title}`,
    summary: 'Placeholders in the vendor’s layout; what answers is the tiny model.',
    model: {
      ...{ input: stand.input, context: stand.context, threads: 1 },
      prompts: ['Describe the image.', 'What color is the circle?', 'How many shapes are there?'],
      about: 'The tiny model behind another’s format: it knows up to three coloured shapes.',
    },
  });
}

interface Made {
  readonly entry: BundleFile;
  readonly bytes?: readonly [name: string, data: Uint8Array];
}

function fileOf(
  name: string,
  content: string | Uint8Array,
  entry: Pick<BundleFile, 'path' | 'role'> & Partial<BundleFile>,
): Made {
  const data = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const sha256 = createHash('sha256').update(data).digest('hex');
  return {
    entry: { mode: '644', ...entry, bytes: data.length, sha256, url: name },
    bytes: [name, data],
  };
}

function bundle(
  stand: Stand,
  kind: Manifest['kind'],
  made: readonly Made[],
  more: Pick<Manifest, 'title' | 'summary'> & Partial<Manifest>,
): SimulatedBundle {
  const name = `simulated-${stand.id}-${kind}`;
  return {
    name,
    manifest: {
      ...{ schema: 'plugsight-bundle/1', id: name, version: '1.0.0', kind },
      ...{ licence: 'Apache-2.0', origin: 'Written by src/cli/payload-simulated.ts.' },
      ...{ pipelines: [stand.id], requires: kind === 'model' ? { memoryBytes: 64 << 20 } : {} },
      ...more,
      facts: { simulated: true, ...stand.facts },
      files: made.map(({ entry }) => entry),
    },
    files: new Map(made.flatMap(({ bytes }) => (bytes ? [bytes] : []))),
  };
}

/** Byte-level BPE without merges: a token a byte, and one for each special text. Format: tokenizers' tokenizer.json. */
function tokenizerText(): string {
  const level = { add_prefix_space: false, trim_offsets: false, use_regex: true };
  return `${JSON.stringify({
    ...{ version: '1.0', truncation: null, padding: null },
    added_tokens: SPECIAL.map((content) => ({
      ...{ id: idOf(content), content, single_word: false, lstrip: false, rstrip: false },
      ...{ normalized: false, special: true },
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', ...level },
    post_processor: null,
    decoder: { type: 'ByteLevel', ...level },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false },
      vocab: Object.fromEntries(BYTE_CHARS.map((char, id) => [char, id])),
      merges: [],
    },
  })}\n`;
}
