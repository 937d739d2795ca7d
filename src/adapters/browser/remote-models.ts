import type { BundleFile, BundleSource } from '../../domain/bundle';
import { SourceBroken } from '../../domain/bundle';
import type { Gguf } from '../../domain/gguf';
import { parseModelAddress, type ModelAddress } from '../../domain/model-address';
import { checkPair } from '../../domain/model-check';
import type { Listing, ModelOffer, RemoteFile, RemoteModels } from '../../domain/remote-model';
import { fail, ok, type Result } from '../../domain/result';
import { openRemote } from './download';
import { readHead } from './gguf-head';
import { askHub, languageFiles, visionFiles } from './hub';
import { pairManifest } from './model-manifest';
import { BROWSER, type Network } from './network';
import { readRange } from './read-range';

/** Models at https addresses and at Hugging Face, over this network. */
export function createRemoteModels(net: Network = BROWSER): RemoteModels {
  return {
    list: (language, vision, signal) => list(net, language, vision, signal),
    inspect: (pair, signal) => inspect(net, pair, signal),
    source: (offer, onBytes, signal) => source(net, offer, onBytes, signal),
  };
}

async function list(
  net: Network,
  language: string,
  vision: string,
  signal: AbortSignal,
): Promise<Result<Listing>> {
  const first = await filesAt(net, language, signal);
  if (!first.ok) return first;
  const languages = languageFiles(first.value.files);
  const [chosen] = languages;
  if (!chosen)
    return fail('model-swapped', `${language}: an mmproj; the language model is missing`);
  const beside = first.value.beside;
  const second = vision.trim() ? await filesAt(net, vision, signal) : ok({ files: beside });
  if (!second.ok) return second;
  // What somebody names as the vision part is taken for it, whatever its name.
  const named = vision.trim() && second.value.files.length === 1 ? second.value.files : undefined;
  const visions = named ?? visionFiles(second.value.files, chosen.name);
  return ok({
    language: languages,
    vision: visions,
    chosen: { language: chosen, vision: visions[0] },
    licence: first.value.licence,
  });
}

interface Found {
  /** What the address names: one file, or all of a repository. */
  readonly files: readonly RemoteFile[];
  /** All of the repository that it lies in. */
  readonly beside: readonly RemoteFile[];
  readonly licence?: string | undefined;
}

async function filesAt(net: Network, text: string, signal: AbortSignal): Promise<Result<Found>> {
  const address = parseModelAddress(text);
  if (!address.ok) return address;
  if (address.value.kind === 'file') return ok({ files: [plainFile(address.value)], beside: [] });
  const { repo, revision, path, sha256 } = address.value;
  const hub = await askHub(net, repo, revision, signal);
  if (!hub.ok) return hub;
  const { files, licence } = hub.value;
  if (path === undefined) return ok({ files, beside: files, licence });
  const file = files.find(({ name }) => name === path);
  if (!file) return fail('address-refused', `${repo} has no ${path} at ${revision}`);
  if (sha256 && file.sha256 && sha256 !== file.sha256)
    return fail('hash-mismatch', `${path}: the link says ${sha256}, Hugging Face ${file.sha256}`);
  const expected = sha256 ? ({ ...file, sha256, saidBy: 'link' } as const) : file;
  return ok({ files: [expected], beside: files, licence });
}

const plainFile = ({ url, sha256 }: ModelAddress & { kind: 'file' }): RemoteFile => ({
  url: url.href,
  name: url.pathname.split('/').at(-1) ?? url.href,
  bytes: undefined,
  sha256,
  saidBy: sha256 ? 'link' : undefined,
});

async function inspect(
  net: Network,
  { language, vision, licence }: Parameters<RemoteModels['inspect']>[0],
  signal: AbortSignal,
): Promise<Result<ModelOffer>> {
  const lm = await head(net, language, signal);
  if (!lm.ok) return lm;
  const mm = await head(net, vision, signal);
  if (!mm.ok) return mm;
  const names = { language: language.name, vision: vision.name };
  const facts = checkPair(lm.value.gguf, mm.value.gguf, names);
  if (!facts.ok) return facts;
  return ok({
    language: lm.value.file,
    vision: mm.value.file,
    facts: facts.value,
    licence: licence ?? facts.value.licence,
  });
}

/** Reads a file's head, and learns its length on the way. */
async function head(
  net: Network,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Result<{ gguf: Gguf; file: RemoteFile & { bytes: number } }>> {
  const url = new URL(file.url);
  const first = await readRange(net, { ...file, url }, 0, 1 << 20, signal);
  if (!first.ok) return first;
  const { fileBytes, validator } = first.value;
  const known = { ...file, bytes: fileBytes, validator };
  const gguf = await readHead(
    async (from, to) => {
      if (from === 0) return ok(first.value.bytes.subarray(0, to));
      const more = await readRange(net, { ...known, url }, from, to, signal);
      return more.ok ? ok(more.value.bytes) : more;
    },
    fileBytes,
    file.name,
  );
  return gguf.ok ? ok({ gguf: gguf.value, file: known }) : gguf;
}

async function source(
  net: Network,
  offer: ModelOffer,
  onBytes: (doneBytes: number) => void,
  signal: AbortSignal,
): Promise<Result<BundleSource>> {
  const files: BundleFile[] = [];
  let [doneBytes, unchecked] = [0, 0];
  for (const role of ['language', 'vision'] as const) {
    const { url, bytes, sha256: said, validator } = offer[role];
    const remote = { url: new URL(url), bytes, validator };
    const hashed = said
      ? ok(said)
      : await hash(net, remote, (n) => onBytes((doneBytes += n)), signal);
    if (!hashed.ok) return hashed;
    if (!said) unchecked += 1;
    files.push({ path: `${role}.gguf`, role, bytes, sha256: hashed.value, mode: '644', url });
  }
  const note = unchecked ? '; its sha256 was computed here, not checked against anything' : '';
  const manifest = pairManifest(offer.facts, files, {
    id: 'linked-model',
    fallbackTitle: offer.language.name,
    licence: offer.licence ?? 'LicenseRef-unknown',
    // Without a query, which may hold a key: this text reaches reports.
    origin: `${offer.language.url.replace(/\?.*$/, '')}${note}`,
  });
  if (!manifest.ok) return manifest;
  return ok({
    manifest: manifest.value,
    open: async ({ role, url, bytes }, stop, fromByte) => {
      const { validator } = role === 'vision' ? offer.vision : offer.language;
      return openRemote(net, { url: new URL(url), bytes, validator }, stop, fromByte);
    },
  });
}

/** sha256 of a file at an address. Nothing of it is kept. */
async function hash(
  net: Network,
  file: { url: URL; bytes: number; validator?: string | undefined },
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<string>> {
  const opened = await openRemote(net, file, signal);
  if (!opened.ok) return opened;
  const { createSHA256 } = await import('hash-wasm');
  const sha256 = await createSHA256();
  try {
    for await (const chunk of opened.value) {
      sha256.update(chunk);
      onBytes(chunk.byteLength);
    }
  } catch (reason) {
    if (reason instanceof SourceBroken) return { ok: false, failure: reason.failure };
    throw reason;
  }
  return ok(sha256.digest('hex'));
}
