import { readPngSize } from './png-size';
import { ABORTED, at, findIn, type SimulatedIo, type SimulatedProgram } from './host';
import { last, llamaFlags, type Flags } from './flags';
import { load } from './carrier';
import { mropePositions, writeMtmd } from '../../domain/mtmd';

const NAMES: Readonly<Record<string, string>> = {
  ...{ '-m': 'model', '--model': 'model', '--mmproj': 'mmproj', '-p': 'prompt' },
  ...{ '--prompt': 'prompt', '--image': 'image', '-c': 'ctx', '--ctx-size': 'ctx' },
  ...{ '-ngl': 'ngl', '--n-gpu-layers': 'ngl', '-t': 'threads', '--threads': 'threads' },
  ...{ '-v': 'verbose', '-lv': 'level', '-n': 'predict', '--temp': 'temp' },
};
const WIDTH = 2048;
const PATCH = 28;
const MARKER = '<__media__>';

/**
 * Simulated llama-mtmd-cli of OmniInfer-VLM: an extractor that writes mtmd_data.bin and answers nothing.
 * The rows carry the picture and the question (carrier.ts) instead of embeddings.
 * Format: OmniInfer-VLM tools/mtmd/mtmd-cli.cpp.
 */
export const omniExtractor: SimulatedProgram = async (io) => {
  const flags = llamaFlags(io.argv, NAMES, ['verbose']);
  if (typeof flags === 'string') {
    await io.warn(`error: invalid argument: ${flags}\n`);
    return 1;
  }
  await openHtp(io);
  await io.warn('build: 0 (simulated) with plugsight for a simulated phone\n');
  const refused = await openModels(io, flags);
  if (refused !== undefined) return refused;
  await io.print(`main: loading model: ${last(flags, 'model') ?? ''}\n`);
  return extract(io, flags);
};

/** The NPU part: without its library or its session the run goes on on the CPU, silently. */
async function openHtp(io: SimulatedIo): Promise<void> {
  await io.warn('Initializing HTP backend... (You should see this once)\n');
  await io.warn('Attempting to load HTP ops library...\nTrying path: libhtp_ops.so\n');
  const found = findIn(io, `${io.env['LD_LIBRARY_PATH'] ?? ''}:.`, ':', 'libhtp_ops.so');
  if (found === undefined) {
    await io.warn('Trying path: ./libhtp_ops.so\n❌ Failed to load HTP ops library\n');
    return;
  }
  await io.warn('✅ Successfully loaded HTP ops library\n');
  const dsp = io.env['DSP_LIBRARY_PATH'] ?? io.env['ADSP_LIBRARY_PATH'];
  if (io.htp === undefined || findIn(io, dsp, ';', 'libhtp_ops_skel.so') === undefined)
    await io.warn('Failed to open remote session on Hexagon NPU (0x80000406)\n');
  else await io.warn('RPCMEM alloc size = 512.00000 MiB\n');
}

async function openModels(io: SimulatedIo, flags: Flags): Promise<number | undefined> {
  const model = last(flags, 'model') ?? '';
  const mmproj = last(flags, 'mmproj');
  if (!io.readFile(at(io, model))) {
    await io.warn(`terminate called after throwing an instance of 'std::runtime_error'\n`);
    await io.warn(`  what():  llama_model_loader: failed to load model from ${model}\n`);
    return ABORTED;
  }
  if (mmproj === undefined) {
    await io.warn('ERR: Missing --mmproj argument\n');
    return 1;
  }
  if (io.readFile(at(io, mmproj))) return undefined;
  await io.warn(`Failed to load vision model from ${mmproj}\n`);
  return 1;
}

async function extract(io: SimulatedIo, flags: Flags): Promise<number> {
  const asked = last(flags, 'prompt') ?? '';
  const images = flags.get('image') ?? [];
  await io.warn(`params.prompt: ${asked}\n`);
  const path = images[0] ?? '';
  const image = io.readFile(at(io, path));
  if (!image) {
    await io.warn(`Unable to open file ${path}: No such file or directory\n`);
    return 1;
  }
  const size = readPngSize(image);
  if (!size) {
    await io.warn('mtmd_helper_bitmap_init_from_buf: failed to decode image bytes\n');
    return 1;
  }
  const columns = Math.ceil(size.width / PATCH);
  const rows = Math.ceil(size.height / PATCH);
  const [before = '', after = ''] = asked.includes(MARKER) ? asked.split(MARKER) : [asked, ''];
  const runs = [
    { kind: 'text', tokens: 15 + wordsOf(before) },
    { kind: 'image', columns, rows },
    { kind: 'text', tokens: 6 + wordsOf(after) },
  ] as const;
  const tokens = runs[0].tokens + columns * rows + runs[2].tokens;
  await io.warn('Processing text chunk at pos 0...\n');
  await io.warn(`Processing image chunk at pos ${runs[0].tokens}...\n`);
  await io.warn(
    `HZX@clip_image_batch_encode: image width=${columns * PATCH} height=${rows * PATCH}, patch_size=14 n_patches=${columns * rows * 4}\n`,
  );
  const embeddings = new Float32Array(tokens * WIDTH);
  const cargo = cargoOf(asked.replaceAll(MARKER, ''), image);
  if (!load(embeddings, cargo)) {
    await io.warn('simulated: the picture is too large for its own embeddings\n');
    return 1;
  }
  const shape = { tokens, width: WIDTH, positionRows: 3 };
  const data = writeMtmd({ ...shape, embeddings, positions: mropePositions(runs) });
  const files = [
    [
      'mtmd_embeddings.txt',
      'combined embeddings',
      new TextEncoder().encode(`# tokens: ${tokens}\n# dims  : ${WIDTH}\n`),
    ],
    [
      'mtmd_positions.txt',
      'combined position IDs',
      new TextEncoder().encode(`# tokens: ${tokens}\n# dims  : 3\n`),
    ],
    ['mtmd_data.bin', 'combined binary data', data],
  ] as const;
  for (const [name, what, bytes] of files) {
    await io.warn(`Writing ${what} to ${name}\n`);
    if (io.writeFile(at(io, name), bytes)) continue;
    await io.warn(`terminate called after throwing an instance of 'std::runtime_error'\n`);
    await io.warn(`  what():  failed to open output file: ${name}\n`);
    return ABORTED;
  }
  const text = runs[0].tokens + runs[2].tokens;
  await io.warn(
    `\n--- Embedding Extraction Summary ---\nViT (Image) Embeddings Shape : [${columns * rows}, ${WIDTH}]\nText Embeddings Shape        : [${text}, ${WIDTH}]\nTotal Combined Embeddings Shape: [${tokens}, ${WIDTH}]\nPosition IDs Shape           : [${tokens}, 3]\n`,
  );
  await io.print('\n\n');
  return 0;
}

/** A rough count of tokens: the simulation has no Qwen vocabulary. */
const wordsOf = (text: string) => Math.ceil(text.trim().length / 4);

/** The question, a NUL, the picture file. */
export function cargoOf(question: string, image: Uint8Array): Uint8Array {
  const words = new TextEncoder().encode(question.replaceAll('\0', ''));
  const cargo = new Uint8Array(words.length + 1 + image.length);
  cargo.set(words);
  cargo.set(image, words.length + 1);
  return cargo;
}

export function fromCargo(cargo: Uint8Array): { question: string; image: Uint8Array } {
  const end = cargo.indexOf(0);
  return {
    question: new TextDecoder().decode(cargo.subarray(0, end)),
    image: cargo.subarray(end + 1),
  };
}
