import {
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleCatalogue,
  type BundleFile,
  type BundleSource,
  type Manifest,
} from '../../domain/bundle';
import { fail, ok, type Result } from '../../domain/result';
import { BROWSER, ask, broken, cappedText, type Network } from './network';

/** Bundles served beside the page under `base` (ending in "/"), from elsewhere, from a folder, and of the user's own files. */
export function createCatalogue(base: URL, net: Network = BROWSER): BundleCatalogue {
  return {
    load: (id, signal) => load(net, new URL(`${id}/manifest.json`, base), signal),
    fromAddress: async (address, signal) => {
      const url = URL.canParse(address) ? new URL(address) : undefined;
      if (url?.protocol !== 'https:' && url?.origin !== base.origin)
        return fail('bundle-unreachable', `not an https address: ${address.slice(0, 200)}`);
      return load(net, url, signal);
    },
    fromFolder,
    // Loaded when somebody has a model of their own: most visitors have none.
    fromFiles: async (...args) => (await import('./own-model')).fromFiles(...args),
  };
}

async function load(net: Network, url: URL, signal: AbortSignal): Promise<Result<BundleSource>> {
  const response = await ask(net, url, signal);
  // For a bundle of ours or a host's, a refusal is no question of licences: something is not where it should be.
  if (!response.ok)
    return response.failure.code === 'address-refused'
      ? fail('bundle-unreachable', response.failure.detail)
      : response;
  const text = await cappedText(response.value, MAX_MANIFEST_BYTES, 'manifest-invalid').catch(
    (reason: unknown) => broken(url, reason, signal),
  );
  if (!text.ok) return text;
  const manifest = parseText(text.value, url.pathname);
  if (!manifest.ok) return manifest;
  return ok({
    manifest: manifest.value,
    open: async (file, stop, fromByte) => {
      const address = addressOf(file, url);
      // Not before something is installed.
      const { openRemote } = await import('./download');
      return address
        ? openRemote(net, { url: address, bytes: file.bytes }, stop, fromByte)
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

function parseText(text: string, name: string): Result<Manifest> {
  try {
    return parseManifest(JSON.parse(text));
  } catch {
    return fail('manifest-invalid', `${name} is not JSON`);
  }
}

/** A folder that was picked: the manifest.json nearest to its top, and the files that it names beside it. */
async function fromFolder(files: readonly File[]): Promise<Result<BundleSource>> {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
  const [path] = [...byPath.keys()]
    .filter((name) => /(^|\/)manifest\.json$/.test(name))
    .sort((a, b) => a.split('/').length - b.split('/').length);
  const file = path === undefined ? undefined : byPath.get(path);
  if (!file || path === undefined)
    return fail('manifest-invalid', `no manifest.json among the folder's ${files.length} files`);
  if (file.size > MAX_MANIFEST_BYTES)
    return fail('manifest-invalid', `longer than ${MAX_MANIFEST_BYTES} bytes`);
  const manifest = parseText(await file.text(), path);
  if (!manifest.ok) return manifest;
  const base = path.slice(0, -'manifest.json'.length);
  const fileOf = ({ url }: BundleFile) => byPath.get(base + decoded(url.replace(/^\.\//, '')));
  const absent = manifest.value.files.find((entry) => !fileOf(entry));
  if (absent) return fail('bundle-unreachable', `${absent.url} is not in the folder`);
  return ok({
    manifest: manifest.value,
    open: async (entry, _signal, fromByte = 0) => {
      const found = fileOf(entry);
      return found
        ? ok(found.slice(fromByte).stream())
        : fail('bundle-unreachable', `${entry.url} is not in the folder`);
    },
  });
}

/** A relative address as a file name; one that is none stays as it is, and is not found. */
function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}
