import { MAX_MANIFEST_BYTES, type BundleFile, type BundleSource } from '../../domain/bundle';
import { fail, ok, type Result } from '../../domain/result';
import { parseText } from './manifest-text';

/** A folder that was picked: the manifest.json nearest to its top, and the files that it names beside it. */
export async function fromFolder(files: readonly File[]): Promise<Result<BundleSource>> {
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
