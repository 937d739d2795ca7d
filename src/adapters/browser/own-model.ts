import {
  parseManifest,
  type BundleFile,
  type BundleSource,
  type Manifest,
} from '../../domain/bundle';
import { GGUF_HEAD_BYTES, readGgufHeader, type GgufHeader } from '../../domain/gguf';
import { fail, ok, type Result } from '../../domain/result';

/** Longest context we ask for with a model of the user's; memory grows with it. */
const MAX_CONTEXT = 4096;

/** Makes a bundle of a language model and its mmproj: reads both headers, then both hashes. */
export async function fromFiles(
  language: File,
  vision: File,
  signal: AbortSignal,
): Promise<Result<BundleSource>> {
  const lm = await header(language);
  if (!lm.ok) return lm;
  const mm = await header(vision);
  if (!mm.ok) return mm;
  if (lm.value.architecture === 'clip')
    return fail('model-invalid', `${language.name} is an mmproj; the language model is missing`);
  if (!mm.value.vision)
    return fail('model-invalid', `${vision.name} (${mm.value.architecture}) has no vision encoder`);
  const files = new Map<string, File>();
  const listed: BundleFile[] = [];
  for (const [role, file] of [
    ['language', language],
    ['vision', vision],
  ] as const) {
    const sha256 = await hash(file, signal);
    if (!sha256.ok) return sha256;
    const path = `${role}.gguf`;
    files.set(path, file);
    listed.push({ path, role, bytes: file.size, sha256: sha256.value, mode: '644', url: path });
  }
  const manifest = parseManifest(manifestOf(lm.value, mm.value, listed, language.name));
  if (!manifest.ok) return manifest;
  return ok({
    manifest: manifest.value,
    open: async ({ path }, _signal, fromByte = 0) => {
      const file = files.get(path);
      return file
        ? ok(file.slice(fromByte).stream())
        : fail('bundle-unreachable', `${path} was not picked`);
    },
  });
}

async function header(file: File): Promise<Result<GgufHeader>> {
  const head = await file
    .slice(0, GGUF_HEAD_BYTES)
    .arrayBuffer()
    .catch((reason: unknown) => unreadable(file, reason));
  if (!(head instanceof ArrayBuffer)) return head;
  const read = readGgufHeader(new Uint8Array(head), file.size);
  return read.ok ? read : fail('model-invalid', `${file.name}: ${read.failure.detail ?? ''}`);
}

/** A picked file can be moved, changed or locked afterwards; the browser then refuses to read it. */
const unreadable = (file: File, reason: unknown) =>
  fail('model-invalid', `${file.name} cannot be read: ${String(reason)}`);

async function hash(file: File, signal: AbortSignal): Promise<Result<string>> {
  const { createSHA256 } = await import('hash-wasm');
  const sha256 = await createSHA256();
  try {
    for await (const chunk of file.stream()) {
      if (signal.aborted) return fail('cancelled');
      sha256.update(chunk);
    }
  } catch (reason) {
    return unreadable(file, reason);
  }
  return ok(sha256.digest('hex'));
}

function manifestOf(
  lm: GgufHeader,
  mm: GgufHeader,
  files: readonly BundleFile[],
  fileName: string,
): unknown {
  const bytes = files.reduce((total, file) => total + file.bytes, 0);
  const manifest: { [Key in keyof Manifest]?: unknown } = {
    schema: 'plugsight-bundle/1',
    id: 'own-model',
    version: (files[0]?.sha256 ?? '').slice(0, 12),
    title: (lm.name ?? fileName).slice(0, 80) || 'Own model',
    kind: 'model',
    licence: 'LicenseRef-own',
    origin: `picked from disk: ${fileName}`.slice(0, 500),
    pipelines: ['llama-runner'],
    // Weights are mapped or read whole; a third more for the context and buffers.
    requires: { memoryBytes: Math.ceil(bytes * 1.33) },
    model: {
      // The runner resizes by the model's own rule; ours only keeps the picture from being needlessly large.
      input: { family: 'fit-png', params: { longest: Math.max(mm.imageSize ?? 0, 512) } },
      context: Math.min(lm.context ?? MAX_CONTEXT, MAX_CONTEXT),
      prompts: ['Describe the image.'],
      about: `${lm.architecture} language model, ${mm.imageSize ?? 'any'} px vision encoder`,
    },
    files,
  };
  return manifest;
}
