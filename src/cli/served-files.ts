// Imported by vite.config.ts, so: no import without a file extension from here on (Vite's native config loader).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The bundles that come with the page, one folder each. */
export const PAYLOAD_DIR = join(import.meta.dirname, '../../device-payload');

/** Names of the folders in device-payload/ that hold a manifest, sorted. */
export async function bundleNames(root = PAYLOAD_DIR): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries
    .map((entry) => entry.replaceAll('\\', '/'))
    .filter((entry) => /^[^/]+\/manifest\.json$/.test(entry))
    .map((entry) => entry.slice(0, entry.indexOf('/')))
    .sort();
}

/** Paths below `root` that the page may load: each manifest and the files it names, for example "tiny-vlm/vision.gguf". */
export async function servedFiles(root = PAYLOAD_DIR): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for (const name of await bundleNames(root)) {
    paths.add(`${name}/manifest.json`);
    // Our own file: test/unit/cli/bundle-files.test.ts checks it against the schema.
    const manifest = await readFile(join(root, name, 'manifest.json'), 'utf8');
    const { files } = JSON.parse(manifest) as { files: readonly { url: string }[] };
    for (const { url } of files) if (isLocal(url)) paths.add(`${name}/${url}`);
  }
  return paths;
}

/** True for an address that stands beside its manifest. */
export const isLocal = (url: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(url);
