import { pack } from './bytes';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import type { PhoneFile } from './nodes';
import { concat } from './packet';
import { parentOf } from './paths';
import { DATA, DONE, MAX_DATA, OKAY, S_IFMT, TYPE, type SyncChannel } from './sync-wire';

/** What the host pushes. */
export interface Pushed {
  readonly path: string;
  /** Type and permission bits. */
  readonly mode: number;
  /** Data is taken and thrown away. */
  readonly dryRun: boolean;
}

/** Mode of directories that a push makes. */
const DIRECTORY_MODE = 0o775;
/** As Linux (PATH_MAX). */
const MAX_TARGET_BYTES = 4096;

/**
 * Receives a file or a symbolic link. Whatever ends it early, the part is deleted. The result is whether the
 * session goes on. Source: AOSP daemon/file_sync_service.cpp, send_impl, handle_send_file, handle_send_link.
 */
export async function store(
  channel: SyncChannel,
  files: PhoneFiles,
  { path, mode, dryRun }: Pushed,
  onPushed: (totalBytes: number) => void,
): Promise<boolean> {
  let part: PhoneFile | undefined;
  try {
    if (dryRun) {
      await receive(channel, () => undefined, onPushed);
    } else if ((mode & S_IFMT) === TYPE.link) {
      await storeLink(channel, files, path, onPushed);
    } else {
      const file = attempt("couldn't create file", () => create(files, path, mode));
      part = file;
      const keep = (bytes: Uint8Array) => attempt('write failed', () => files.append(file, bytes));
      const mtime = await receive(channel, keep, onPushed);
      attempt('write failed', () => files.setTime(path, mtime * 1000));
    }
    part = undefined;
    return await channel.write(pack(OKAY, 0));
  } catch (fault) {
    if (!(fault instanceof StoreFault)) throw fault;
    await refuse(channel, fault.message);
    return false;
  } finally {
    if (part && files.find(path) === part) files.remove(path);
  }
}

function create(files: PhoneFiles, path: string, mode: number): PhoneFile {
  // adbd gives group and others what the owner has
  const user = mode & 0o700;
  const bits = (mode & 0o777) | (user >> 3) | (user >> 6);
  return withDirectories(files, path, () => files.create(path, bits));
}

async function storeLink(
  channel: SyncChannel,
  files: PhoneFiles,
  path: string,
  onPushed: (totalBytes: number) => void,
): Promise<void> {
  let bytes: Uint8Array = new Uint8Array();
  const keep = (more: Uint8Array) => {
    bytes = concat([bytes, more]);
    if (bytes.length > MAX_TARGET_BYTES) throw new StoreFault('oversize data message');
  };
  const mtime = await receive(channel, keep, onPushed);
  const target = new TextDecoder().decode(bytes).replace(/\0[^]*$/, ''); // a C string
  attempt('symlink failed', () => {
    const old = files.findEntry(path);
    if (old && old.kind !== 'directory') files.remove(path);
    withDirectories(files, path, () => files.symlink(target, path));
    files.entry(path).mtimeMs = mtime * 1000;
  });
}

/** Tries; makes the missing directories; tries again. */
function withDirectories<T>(files: PhoneFiles, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (fault) {
    if (!(fault instanceof FileFault) || fault.error !== 'ENOENT') throw fault;
  }
  attempt('secure_mkdirs failed', () => {
    if (!path.startsWith('/')) throw new FileFault('ENOENT', path);
    files.makeDirectories(parentOf(path), DIRECTORY_MODE);
  });
  return operation();
}

/** Reads DATA messages up to DONE; returns its number, the modification time in seconds. */
async function receive(
  { input }: SyncChannel,
  keep: (bytes: Uint8Array) => void,
  onPushed: (totalBytes: number) => void,
): Promise<number> {
  for (let total = 0; ;) {
    const [command = 0, value = 0] = await input.words(2);
    if (command === DONE) return value;
    if (command !== DATA) throw new StoreFault('invalid data message');
    if (value > MAX_DATA) throw new StoreFault('oversize data message');
    let refusal: StoreFault | undefined;
    for (let missing = value; missing > 0;) {
      const bytes = await input.some(missing);
      missing -= bytes.length;
      total += bytes.length;
      // the message is read to its end in any case: the next one must be found
      refusal ??= refusalOf(() => keep(bytes));
    }
    if (refusal) throw refusal;
    onPushed(total);
  }
}

/** Says why, then swallows the data that is still on its way, as adbd does, so that the host gets to read it. */
async function refuse(channel: SyncChannel, message: string): Promise<void> {
  await channel.fail(message);
  for (;;) {
    const [command = 0, length = 0] = await channel.input.words(2);
    if (command !== DATA || length > MAX_DATA) return;
    await channel.input.skip(length);
  }
}

/** A push that adbd refuses, in its words. */
class StoreFault extends Error {}

/** Runs a file operation; its fault becomes "what: reason". */
function attempt<T>(what: string, operation: () => T): T {
  try {
    return operation();
  } catch (fault) {
    if (fault instanceof FileFault) throw new StoreFault(`${what}: ${fault.text}`);
    throw fault;
  }
}

function refusalOf(operation: () => void): StoreFault | undefined {
  try {
    operation();
  } catch (fault) {
    if (fault instanceof StoreFault) return fault;
    throw fault;
  }
  return undefined;
}
