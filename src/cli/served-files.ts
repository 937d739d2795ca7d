// Imported by vite.config.ts, so: no import without a file extension from here on (Vite's native config loader).
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** The bundles that come with the page, one folder each. */
export const PAYLOAD_DIR = join(import.meta.dirname, '../../device-payload');

/** Folder in a bundle, never committed, for what `npm run payload:build` makes; and the file there that lists it. */
export const BUILT_DIR = 'build';
export const BUILT_FILE = 'files.json';

/** Files that belong to a bundle once they are built. */
export interface BuiltFiles<File = ServedFile> {
  /** Added to the manifest's version with a dash: other bytes, another version. */
  readonly version: string;
  readonly origin: string;
  readonly files: readonly File[];
}

/** What is read here of a manifest's file: test/unit/cli/bundle-files.test.ts checks the whole against the schema. */
interface ServedFile {
  readonly url: string;
}
/** Where a manifest names files. */
export interface Listing<File> {
  readonly files: readonly File[];
  readonly model?:
    | {
        readonly selfTest?:
          | {
              readonly encoder?: File | undefined;
              readonly cases: readonly { readonly picture: File }[];
            }
          | undefined;
      }
    | undefined;
}
interface ServedManifest extends Listing<ServedFile> {
  readonly version: string;
}

/** Names of the folders in device-payload/ that hold a manifest, sorted. */
export async function bundleNames(root = PAYLOAD_DIR): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries
    .map((entry) => entry.replaceAll('\\', '/'))
    .filter((entry) => /^[^/]+\/manifest\.json$/.test(entry))
    .map((entry) => entry.slice(0, entry.indexOf('/')))
    .sort();
}

/** A bundle's manifest as the page gets it: the committed one, with the files that were built since. */
export async function servedManifest(name: string, root = PAYLOAD_DIR): Promise<ServedManifest> {
  const read = (path: string) => readFile(join(root, name, path), 'utf8');
  const manifest = JSON.parse(await read('manifest.json')) as ServedManifest;
  const built = await read(`${BUILT_DIR}/${BUILT_FILE}`).catch(() => undefined);
  if (built === undefined) return manifest;
  const { version, origin, files } = JSON.parse(built) as BuiltFiles;
  return {
    ...manifest,
    ...{ version: `${manifest.version}-${version}`, origin },
    files: [...manifest.files, ...files],
  };
}

/** Every file that a manifest names: those for the phone, then those for the page's self-test. */
export function listedFiles<File extends ServedFile>(manifest: Listing<File>): readonly File[] {
  const { encoder, cases = [] } = manifest.model?.selfTest ?? {};
  const pictures = cases.map(({ picture }) => picture);
  return [...manifest.files, ...(encoder ? [encoder] : []), ...pictures];
}

/** Paths below `root` that the page may load: each manifest and the files it names, for example "tiny-vlm/vision.gguf". */
export async function servedFiles(root = PAYLOAD_DIR): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const name of await bundleNames(root)) {
    paths.add(`${name}/manifest.json`);
    for (const { url } of listedFiles(await servedManifest(name, root)))
      // A bundle may share another one's file; nothing outside is ever served.
      if (isLocal(url)) paths.add(posix.join('/', name, url).slice(1));
  }
  return paths;
}

/** The bundle whose manifest has this path; nothing for any other file. */
export const bundleOf = (path: string): string | undefined =>
  /^([^/]+)\/manifest\.json$/.exec(path)?.[1];

/** The bytes of one of `servedFiles`. */
export async function readServed(path: string, root = PAYLOAD_DIR): Promise<Uint8Array> {
  const name = bundleOf(path);
  if (name === undefined) return readFile(join(root, path));
  return Buffer.from(JSON.stringify(await servedManifest(name, root)));
}

/** True for an address that stands beside its manifest. */
export const isLocal = (url: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(url);
