import { checkPair } from '../../../domain/model-check';
import { refusal, type Finding } from '../findings';
import type { Inspected } from '../inspect';
import type { Description, Part, Recipe } from '../recipe';
import { bytesOf, expectGgufPair, fileOf } from './about';
import { LANGUAGE_GGUF, MMPROJ_GGUF } from './items';

const PKG = 'the llama.cpp build: pkg-snapdragon (docs/backend/snapdragon/README.md) or build';
const LIBS = [
  'pkg-snapdragon/lib',
  'llama.cpp/lib',
  'pkg-snapdragon/llama.cpp/lib',
  'build/bin',
  'lib',
];

const runner: Part = {
  ...{ kind: 'runner', id: 'llama-mtmd', title: 'llama.cpp llama-mtmd-cli' },
  ...{ npu: 'optional', qnn: false, licence: 'MIT', origin: 'ggml-org/llama.cpp' },
  items: [
    {
      ...{ key: 'program', names: ['llama-mtmd-cli'], is: 'program', role: 'runner', into: 'bin' },
      folders: ['pkg-snapdragon/bin', 'llama.cpp/bin', 'build/bin', 'bin'],
      ...{ from: `${PKG}, bin/llama-mtmd-cli`, marks: ['mtmd_data.bin', 'log-jsonl'] },
    },
    {
      ...{ key: 'hexagon', names: ['libggml-hexagon.so'], folders: LIBS, is: 'library' },
      ...{ role: 'library', into: 'lib', onlyNpu: true, from: `${PKG}, lib/libggml-hexagon.so` },
    },
    {
      ...{ key: 'skel', names: ['libggml-htp-vNN.so'], folders: LIBS, is: 'skel', role: 'skel' },
      ...{ into: 'lib', onlyNpu: true },
      from: `${PKG}, lib/libggml-htp-vNN.so; llama.cpp has none below v73`,
    },
    {
      // Not linked, but opened by name when the program starts (GGML_BACKEND_DL).
      ...{ key: 'cpu', names: ['libggml-cpu*.so'], folders: LIBS, is: 'library', role: 'library' },
      ...{ into: 'lib', many: true, from: `${PKG}, lib/libggml-cpu.so` },
      optional: 'right for a program that has its CPU code inside',
    },
    {
      ...{ key: 'llama', names: ['libllama-common*.so'], folders: LIBS, is: 'library' },
      ...{ role: 'library', into: 'lib', many: true, marks: ['log-jsonl'] },
      ...{ from: `${PKG}, lib`, optional: '' },
    },
  ],
  describe(files): Description {
    const program = fileOf(files, 'program');
    return {
      findings: program?.marks.has('mtmd_data.bin') ? [fork(program)] : [],
      facts: { jsonLines: files.some(({ marks }) => marks.has('log-jsonl')) },
    };
  },
};

const fork = ({ source, item }: Inspected): Finding =>
  refusal(
    ...(['wrong-generation', source.path] as const),
    "is OmniInfer's fork (mtmd_data.bin in it): it writes embeddings and answers nothing",
    item.from,
  );

const model: Part = {
  ...{ kind: 'model', id: 'gguf-model', title: 'GGUF model', npu: 'none', qnn: false },
  ...{ licence: 'LicenseRef-own', origin: 'converted or downloaded by its user' },
  items: [LANGUAGE_GGUF, MMPROJ_GGUF],
  describe(files): Description {
    const [lm, mm] = [fileOf(files, 'language')?.gguf, fileOf(files, 'mmproj')?.gguf];
    const pair =
      lm && mm ? checkPair(lm, mm, { language: 'language', vision: 'mmproj' }) : undefined;
    const about = pair?.ok ? pair.value : undefined;
    return {
      findings: expectGgufPair(files),
      ...(about?.name ? { title: about.name } : {}),
      facts: {
        architecture: lm?.architecture ?? 'unknown',
        ...(about ? { quantisation: about.quantisation } : {}),
      },
      // Weights are mapped or read whole; without better knowledge a third more for the context and buffers.
      memoryBytes:
        about?.memory.totalBytes ?? Math.ceil(bytesOf(files, 'language', 'mmproj') * 1.33),
      model: {
        // The program resizes by the model's own rule.
        input: { family: 'fit-png', params: { longest: Math.max(about?.imageSize ?? 0, 1024) } },
        context: about?.context ?? 4096,
        prompts: ['Describe the image.'],
      },
    };
  },
};

/** Sources: ggml-org/llama.cpp docs/backend/snapdragon/README.md, tools/mtmd/mtmd-cli.cpp, ggml/src/ggml-hexagon. */
export const llamaMtmd: Recipe = {
  ...{ id: 'llama-mtmd', title: 'llama.cpp (CPU or Hexagon)', runner, model },
};
