import { isReadable } from './model-url';
import { fail, ok, type Result } from './result';

/** A place that a model can come from. */
export type ModelAddress =
  /** A file on any server. */
  | { readonly kind: 'file'; readonly url: URL; readonly sha256: string | undefined }
  /** A repository at Hugging Face, or a file in it. */
  | {
      readonly kind: 'hub';
      /** OWNER/NAME. */
      readonly repo: string;
      /** Branch, tag or commit. */
      readonly revision: string;
      readonly path: string | undefined;
      readonly sha256: string | undefined;
    };

const HUB = /^(www\.)?(huggingface\.co|hf\.co)$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const SPLIT = /-\d{5}-of-\d{5}\.gguf$/i;
const MAX_CHARS = 2000;

/**
 * Reads an address that a person pasted, a list names or a link carries. `#sha256=HEX` behind it says what the file must
 * be; the fragment is never sent. Only https, or plain http to this computer itself. Hugging Face: OWNER/NAME alone,
 * the repository's page, and the `blob` and `resolve` links of its files; a revision may not hold a slash.
 * Failures: address-invalid, model-split.
 */
export function parseModelAddress(text: string): Result<ModelAddress> {
  const trimmed = text.trim();
  const short = /^([^\s/:]+)\/([^\s/:]+)$/.exec(trimmed);
  const url = short ? `https://huggingface.co/${trimmed}` : trimmed;
  if (url.length > MAX_CHARS || !URL.canParse(url)) return invalid(trimmed, 'not an address');
  const address = new URL(url);
  const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(address.hash)?.[1]?.toLowerCase();
  if (address.hash.startsWith('#sha256=') && !sha256)
    return invalid(trimmed, 'sha256 must be 64 hex digits');
  address.hash = '';
  if (!isReadable(address)) return invalid(trimmed, 'is not https, or holds a password');
  if (HUB.test(address.hostname)) return hubAddress(address, sha256);
  if (!/\.gguf$/i.test(address.pathname)) return invalid(trimmed, 'does not end in .gguf');
  if (SPLIT.test(address.pathname)) return fail('model-split', address.pathname.slice(-200));
  return ok({ kind: 'file', url: address, sha256 });
}

function hubAddress(address: URL, sha256: string | undefined): Result<ModelAddress> {
  const parts = address.pathname.split('/').filter(Boolean).map(decoded);
  const [owner = '', name = '', action, revision, ...path] = parts;
  if (!NAME.test(owner) || !NAME.test(name))
    return invalid(address.href, 'names no repository of a model');
  const at = { kind: 'hub', repo: `${owner}/${name}`, sha256 } as const;
  if (action === undefined) return ok({ ...at, revision: 'main', path: undefined });
  if (!['blob', 'resolve', 'raw', 'tree'].includes(action) || !revision)
    return invalid(address.href, 'no link of a repository or of a file in it');
  const file = path.join('/');
  if (action === 'tree' || !file) return ok({ ...at, revision, path: undefined });
  if (!isGguf(file)) return invalid(address.href, 'does not end in .gguf');
  return SPLIT.test(file)
    ? fail('model-split', file.slice(-200))
    : ok({ ...at, revision, path: file });
}

/** The address of a file in a repository at Hugging Face, at one commit for good. */
export function hubFileUrl(repo: string, commit: string, path: string): URL {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return new URL(`https://huggingface.co/${repo}/resolve/${encodeURIComponent(commit)}/${encoded}`);
}

/** An address with what its file must be, as `parseModelAddress` reads it. */
export const withHash = ({ url, sha256 }: { url: string; sha256?: string }): string =>
  sha256 ? `${url}#sha256=${sha256}` : url;

/** A GGUF file in one piece, or the name of one. */
export const isGguf = (path: string): boolean => /\.gguf$/i.test(path);
export const isSplit = (path: string): boolean => SPLIT.test(path);
/** How makers name the vision part. */
export const isVisionName = (path: string): boolean => /mmproj/i.test(path.split('/').at(-1) ?? '');

const invalid = (address: string, why: string) =>
  fail('address-invalid', `${why}: ${address.slice(0, 200)}`);

/** A part of a path as its reader wrote it; one that is wrongly encoded stays as it is, and is not found. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
