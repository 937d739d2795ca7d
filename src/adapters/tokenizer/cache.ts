import { COMPILED_VERSION, fromBytes, toBytes, type Compiled } from './compiled';

/** Compiled tokenizers by sha256 of their file. A cache that fails is no cache: nothing here rejects. */
export interface CompiledCache {
  get(sha256: string): Promise<Compiled | undefined>;
  put(sha256: string, compiled: Compiled): Promise<void>;
}

export const NO_CACHE: CompiledCache = {
  get: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
};

const FOLDER = 'tokenizers';
/** More than anybody uses in turn; one has about 4 MB. */
const KEPT = 6;

/**
 * In the origin's private files, which are quicker to read than IndexedDB and hold nothing in memory. A file is written
 * aside and put in place when it is whole; one of another version is not looked at and goes with the oldest.
 */
export function createFileCache(storage: Pick<StorageManager, 'getDirectory'>): CompiledCache {
  const folder = async () =>
    (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  const name = (sha256: string) => `${sha256}.v${COMPILED_VERSION}`;
  return {
    async get(sha256) {
      try {
        const handle = await (await folder()).getFileHandle(name(sha256));
        return fromBytes(await (await handle.getFile()).arrayBuffer());
      } catch {
        return undefined; // not there, or no private files in this browser (private windows)
      }
    },
    async put(sha256, compiled) {
      try {
        const files = await folder();
        await makeRoom(files, name(sha256));
        const handle = await files.getFileHandle(name(sha256), { create: true });
        const writer = await handle.createWritable();
        await writer.write(toBytes(compiled));
        await writer.close();
      } catch {
        // Full, or denied: next time it is compiled again.
      }
    },
  };
}

/** Removes the oldest files beyond those kept. */
async function makeRoom(files: FileSystemDirectoryHandle, coming: string): Promise<void> {
  const found: { name: string; at: number }[] = [];
  for await (const [name, handle] of files.entries())
    if (isFile(handle) && name !== coming)
      found.push({ name, at: (await handle.getFile()).lastModified });
  const oldest = found.sort((a, b) => a.at - b.at).slice(0, Math.max(0, found.length - KEPT + 1));
  for (const { name } of oldest) await files.removeEntry(name);
}

const isFile = (handle: FileSystemHandle): handle is FileSystemFileHandle => handle.kind === 'file';
