import {
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleCatalogue,
  type BundleFile,
  type BundleSource,
  type Manifest,
} from '../../domain/bundle';
import { GGUF_HEAD_BYTES, readGgufHeader, type GgufHeader } from '../../domain/gguf';
import { fail, ok, type Result } from '../../domain/result';

/** Longest context we ask for with a model of the user's; memory grows with it. */
const MAX_CONTEXT = 4096;

/** Bundles served beside the page under `base` (ending in "/"), and bundles made of the user's own files. */
export function createCatalogue(base: URL): BundleCatalogue {
  return {
    load: (id, signal) => load(new URL(`${id}/manifest.json`, base), signal),
    fromFiles,
  };
}

async function load(url: URL, signal: AbortSignal): Promise<Result<BundleSource>> {
  const response = await request(url, signal);
  if (!response.ok) return response;
  const text = await cappedText(response.value).catch((reason: unknown) =>
    broken(url, reason, signal),
  );
  if (!text.ok) return text;
  let json: unknown;
  try {
    json = JSON.parse(text.value);
  } catch {
    return fail('manifest-invalid', `${url.pathname} is not JSON`);
  }
  const manifest = parseManifest(json);
  if (!manifest.ok) return manifest;
  return ok({
    manifest: manifest.value,
    open: async (file, stop) => {
      const address = addressOf(file, url);
      return address
        ? open(address, stop)
        : fail('bundle-unreachable', `${file.path}: not an address that is read: ${file.url}`);
    },
  });
}

/** The manifest's own server, or https elsewhere; no other scheme. */
function addressOf(file: BundleFile, manifest: URL): URL | undefined {
  if (!URL.canParse(file.url, manifest.href)) return undefined;
  const address = new URL(file.url, manifest);
  return address.protocol === 'https:' || address.origin === manifest.origin ? address : undefined;
}

async function open(url: URL, signal: AbortSignal): Promise<Result<ReadableStream<Uint8Array>>> {
  const response = await request(url, signal);
  if (!response.ok) return response;
  return response.value.body
    ? ok(response.value.body)
    : fail('bundle-unreachable', `${url.href} is empty`);
}

async function request(url: URL, signal: AbortSignal): Promise<Result<Response>> {
  try {
    const response = await fetch(url, {
      signal,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (response.ok) return ok(response);
    return fail('bundle-unreachable', `${url.href} answered ${response.status}`);
  } catch (reason) {
    return broken(url, reason, signal);
  }
}

function broken(url: URL, reason: unknown, signal: AbortSignal) {
  if (signal.aborted && (signal.reason as { name?: unknown } | undefined)?.name !== 'TimeoutError')
    return fail('cancelled');
  return fail('bundle-unreachable', `${url.href}: ${String(reason)}`);
}

async function cappedText(response: Response): Promise<Result<string>> {
  let text = '';
  if (!response.body) return ok(text);
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > MAX_MANIFEST_BYTES)
      return fail('manifest-invalid', `longer than ${MAX_MANIFEST_BYTES} characters`);
  }
  return ok(text);
}

/** Makes a bundle of a language model and its mmproj: reads both headers, then both hashes. */
async function fromFiles(
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
    open: async ({ path }) => {
      const file = files.get(path);
      return file ? ok(file.stream()) : fail('bundle-unreachable', `${path} was not picked`);
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
