import type { BundleFile, BundleSource } from '../../domain/bundle';
import { checkPair } from '../../domain/model-check';
import type { Gguf } from '../../domain/gguf';
import { fail, ok, type Result } from '../../domain/result';
import { readHead } from './gguf-head';
import { pairManifest } from './model-manifest';

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
  const names = { language: nameOf(language), vision: nameOf(vision) };
  const facts = checkPair(lm.value, mm.value, names);
  if (!facts.ok) return facts;
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
  const manifest = pairManifest(facts.value, listed, {
    id: 'own-model',
    fallbackTitle: language.name,
    licence: facts.value.licence ?? 'LicenseRef-own',
    origin: `picked from disk: ${language.name}`,
  });
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

const header = (file: File): Promise<Result<Gguf>> =>
  readHead(
    async (from, to) => {
      const part = await file
        .slice(from, to)
        .arrayBuffer()
        .catch((reason: unknown) => unreadable(file, reason));
      return part instanceof ArrayBuffer ? ok(new Uint8Array(part)) : part;
    },
    file.size,
    nameOf(file),
  );

const nameOf = ({ name }: File) => name.slice(0, 100);

/** A picked file can be moved, changed or locked afterwards; the browser then refuses to read it. */
const unreadable = (file: File, reason: unknown) =>
  fail('model-invalid', `${nameOf(file)} cannot be read: ${String(reason)}`);

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
