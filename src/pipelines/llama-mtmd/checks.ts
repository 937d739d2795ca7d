import { GGUF_HEAD_BYTES, readGguf } from '../../domain/gguf';
import type { InstalledBundle, Job } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { Workbench } from '../../domain/workbench';
import { fileOf } from '../setup';
import type { Build } from './command';

/** What ggml's Hexagon backend computes; others stay on the CPU. Source: docs/backend/snapdragon of ggml-org/llama.cpp. */
const NPU_TYPES = ['q4_0', 'q8_0', 'iq4_nl', 'mxfp4'];

/**
 * The tool's last words can be lost when it ends with an error: what it would complain of first is looked at before.
 * Failures: model-file-missing, size-mismatch, npu-weights.
 */
export async function checkFiles({ setup, options }: Job, bench: Workbench): Promise<Result<void>> {
  for (const role of ['language', 'vision'] as const) {
    const path = fileOf(setup.model, role);
    if (!path.ok) return path;
    const bytes = setup.model.files.find((file) => file.role === role)?.bytes;
    const size = await bench.size(path.value);
    if (!size.ok) return size;
    if (size.value === undefined) return fail('model-file-missing', path.value);
    if (size.value !== bytes)
      return fail('size-mismatch', `${path.value}: ${size.value} bytes, not ${bytes}`);
    if (role === 'vision' || options['hexagon'] !== 1) continue;
    const weights = await checkWeights(path.value, size.value, bench);
    if (!weights.ok) return weights;
  }
  return ok();
}

/** Refuses weights of which the NPU could compute less than half; what cannot be read is left to the program. */
async function checkWeights(path: string, bytes: number, bench: Workbench): Promise<Result<void>> {
  const head = await bench.head(path, Math.min(bytes, GGUF_HEAD_BYTES));
  if (!head.ok) return head;
  const gguf = readGguf(head.value, bytes);
  const tensors = gguf.ok ? gguf.value.tensors : undefined;
  if (!tensors || tensors.bytes === 0) return ok();
  const fit = Object.entries(tensors.bytesByType).reduce(
    (sum, [type, size]) => sum + (NPU_TYPES.includes(type.toLowerCase()) ? size : 0),
    0,
  );
  if (fit * 2 >= tensors.bytes) return ok();
  const types = Object.keys(tensors.bytesByType).join(', ');
  return fail(
    'npu-weights',
    `weights of ${types}; ${Math.round((fit * 100) / tensors.bytes)} % for the NPU`,
  );
}

/** Looks in the program and its libraries for what only some builds have. Failure: payload-file-invalid (OmniInfer's fork). */
export async function readBuild(runner: InstalledBundle, bench: Workbench): Promise<Result<Build>> {
  const program = fileOf(runner, 'runner');
  if (!program.ok) return program;
  const fork = await bench.contains(program.value, 'mtmd_data.bin');
  if (!fork.ok) return fork;
  if (fork.value)
    return fail('payload-file-invalid', "this is OmniInfer's llama-mtmd-cli: it answers nothing");
  const common = runner.files
    .filter(({ path }) => /(^|\/)libllama-common[^/]*\.so$/.test(path))
    .map(({ path }) => `${runner.dir}/${path}`);
  const has = async (word: string): Promise<Result<boolean>> => {
    for (const path of [program.value, ...common]) {
      const found = await bench.contains(path, word);
      if (!found.ok || found.value) return found;
    }
    return ok(false);
  };
  const jsonLines = await has('--log-jsonl');
  if (!jsonLines.ok) return jsonLines;
  const imageLimit = await has('--image-max-tokens');
  return imageLimit.ok
    ? ok({ jsonLines: jsonLines.value, imageLimit: imageLimit.value })
    : imageLimit;
}
