import {
  MAX_MANIFEST_BYTES,
  type BundleCatalogue,
  type BundleFile,
  type BundleSource,
} from '../../domain/bundle';
import { fail, ok, type Result } from '../../domain/result';
import { parseText } from './manifest-text';
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
    // Loaded when somebody has a bundle or a model of their own: most visitors have none.
    fromFolder: async (...args) => (await import('./folder')).fromFolder(...args),
    fromFiles: async (...args) => (await import('./own-model')).fromFiles(...args),
  };
}

async function load(net: Network, url: URL, signal: AbortSignal): Promise<Result<BundleSource>> {
  const response = await ask(net, url, signal);
  if (!response.ok) return noLicence(response);
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
      if (!address)
        return fail('bundle-unreachable', `${file.path}: not an address that is read: ${file.url}`);
      const opened = await openRemote(net, { url: address, bytes: file.bytes }, stop, fromByte);
      return address.origin === url.origin ? noLicence(opened) : opened;
    },
  });
}

/** For a bundle's own server a refusal is no question of licences: something is not where it should be. */
const noLicence = <T>(answer: Result<T>): Result<T> =>
  !answer.ok && answer.failure.code === 'address-refused'
    ? fail('bundle-unreachable', answer.failure.detail)
    : answer;

/** The manifest's own server, or https elsewhere; no other scheme. */
function addressOf(file: BundleFile, manifest: URL): URL | undefined {
  if (!URL.canParse(file.url, manifest.href)) return undefined;
  const address = new URL(file.url, manifest);
  return address.protocol === 'https:' || address.origin === manifest.origin ? address : undefined;
}
