import { ByteReader, StreamEnded, id, pack } from './bytes';
import { FileFault, parentOf, type PhoneFile, type PhoneFiles, type PhoneEntry } from './files';
import { concat } from './packet';
import type { Stream } from './stream';

/** The `sync:` service: push, pull, stat, list. Source: AOSP packages/modules/adb, file_sync_protocol.h and daemon/file_sync_service.cpp. */
export async function serveSync(
  stream: Stream,
  files: PhoneFiles,
  onPushed: (totalBytes: number) => void,
): Promise<void> {
  const session = new SyncSession(stream, files, onPushed);
  try {
    while (await session.request());
  } catch (reason) {
    if (!(reason instanceof StreamEnded)) throw reason;
  }
}

const MAX_DATA = 64 << 10;
const MAX_PATH = 1024;
/** Replies are gathered into writes of about this size. */
const BATCH_BYTES = 256 << 10;
const TYPE = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;
const S_IFMT = 0o170000;
const FLAG_DRY_RUN = 0x80000000;
const [DATA, DONE, FAIL, OKAY] = [id('DATA'), id('DONE'), id('FAIL'), id('OKAY')];

class SyncSession {
  readonly #stream: Stream;
  readonly #files: PhoneFiles;
  readonly #onPushed: (totalBytes: number) => void;
  readonly #input: ByteReader;

  constructor(stream: Stream, files: PhoneFiles, onPushed: (totalBytes: number) => void) {
    this.#stream = stream;
    this.#files = files;
    this.#onPushed = onPushed;
    this.#input = new ByteReader(stream);
  }

  /** Answers one request. False when the session is over. */
  async request(): Promise<boolean> {
    const [command = 0, length = 0] = await this.#input.words(2);
    if (command === id('QUIT')) return false;
    if (length > MAX_PATH) return this.#fail('path too long');
    const path = new TextDecoder().decode(await this.#input.exactly(length));
    switch (command) {
      case id('STAT'):
        return this.#stream.write(concat([pack(command), this.#stat1(path)]));
      case id('STA2'):
        return this.#stream.write(
          concat([pack(command), this.#stat2(() => this.#files.node(path))]),
        );
      case id('LST2'):
        return this.#stream.write(
          concat([pack(command), this.#stat2(() => this.#files.entry(path))]),
        );
      case id('LIST'):
        return this.#list(path, 'DENT', (node) => this.#brief(node), 16);
      case id('LIS2'):
        return this.#list(path, 'DNT2', (node) => this.#full(node), 72);
      case id('SEND'):
        return this.#send1(path);
      case id('SND2'):
        return this.#send2(path);
      case id('RECV'):
        return this.#receive(path);
      case id('RCV2'):
        return this.#receive2(path);
      default:
        return this.#fail(`unknown command ${command.toString(16).padStart(8, '0')}`);
    }
  }

  /** STAT is an lstat. */
  #stat1(path: string): Uint8Array {
    const node = this.#files.findEntry(path);
    return node ? this.#brief(node) : pack(0, 0, 0);
  }

  #stat2(look: () => PhoneEntry): Uint8Array {
    try {
      return this.#full(look());
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      return pack(fault.errno, 0n, 0n, 0, 0, 0, 0, 0n, 0n, 0n, 0n);
    }
  }

  /** mode, size, mtime. Version 1 cuts the size at 32 bits. */
  #brief(node: PhoneEntry): Uint8Array {
    return pack(TYPE[node.kind] | node.mode, this.#files.size(node), seconds(node));
  }

  /** error, dev, ino, mode, nlink, uid, gid, size, atime, mtime, ctime; uid and gid 2000 are "shell". */
  #full(node: PhoneEntry): Uint8Array {
    const time = BigInt(seconds(node));
    const size = BigInt(this.#files.size(node));
    const mode = TYPE[node.kind] | node.mode;
    return pack(0, 1n, BigInt(node.ino), mode, 1, 2000, 2000, size, time, time, time);
  }

  async #list(
    path: string,
    entry: 'DENT' | 'DNT2',
    describe: (node: PhoneEntry) => Uint8Array,
    doneBytes: number,
  ): Promise<boolean> {
    const parts: Uint8Array[] = [];
    const add = (name: string, node: PhoneEntry) => {
      const bytes = new TextEncoder().encode(name);
      parts.push(pack(id(entry)), describe(node), pack(bytes.length), bytes);
    };
    // adbd answers a directory that it cannot open with an empty list
    const node = this.#files.find(path);
    if (node?.kind === 'directory') {
      for (const name of ['.', '..']) add(name, node);
      for (const [name, child] of this.#entries(path)) add(name, child);
    }
    parts.push(pack(DONE), new Uint8Array(doneBytes));
    return this.#stream.write(concat(parts));
  }

  #entries(path: string): Iterable<[string, PhoneEntry]> {
    try {
      return this.#files.list(path);
    } catch (fault) {
      if (fault instanceof FileFault) return [];
      throw fault;
    }
  }

  async #send1(spec: string): Promise<boolean> {
    const comma = spec.lastIndexOf(',');
    if (comma < 0) return this.#fail('missing , in ID_SEND');
    const mode = Number(spec.slice(comma + 1));
    if (!Number.isInteger(mode)) return this.#fail('bad mode');
    return this.#store(spec.slice(0, comma), mode, false);
  }

  async #send2(path: string): Promise<boolean> {
    const [, mode = 0, flags = 0] = await this.#input.words(3);
    if (flags & ~FLAG_DRY_RUN) return this.#fail(`unknown flags: ${flags}`);
    return this.#store(path, mode, (flags & FLAG_DRY_RUN) !== 0);
  }

  /** Receives a file. Whatever ends it early, the part is deleted. */
  async #store(path: string, mode: number, dryRun: boolean): Promise<boolean> {
    let part: PhoneFile | undefined;
    try {
      if ((mode & S_IFMT) === 0o120000) throw new StoreFault("couldn't create symlink", 'EPERM');
      if (dryRun) {
        await this.#data(() => undefined);
      } else {
        const file = this.#open(path, mode);
        part = file;
        const mtime = await this.#data((bytes) => this.#write(file, bytes));
        this.#files.setTime(path, mtime * 1000);
      }
      part = undefined;
      return await this.#stream.write(pack(OKAY, 0));
    } catch (fault) {
      if (!(fault instanceof StoreFault)) throw fault;
      await this.#failSend(fault.message);
      return false;
    } finally {
      if (part && this.#files.find(path) === part) this.#files.remove(path);
    }
  }

  #open(path: string, mode: number): PhoneFile {
    // adbd gives group and others what the owner has (send_impl)
    const user = mode & 0o700;
    const bits = (mode & 0o777) | (user >> 3) | (user >> 6);
    attempt('secure_mkdirs failed', () => this.#files.makeDirectories(parentOf(path)));
    return attempt("couldn't create file", () => this.#files.create(path, bits));
  }

  #write(file: PhoneFile, bytes: Uint8Array): void {
    attempt('write failed', () => this.#files.append(file, bytes));
  }

  /** Reads DATA messages up to DONE; returns its number, the modification time in seconds. */
  async #data(keep: (bytes: Uint8Array) => void): Promise<number> {
    for (let total = 0; ;) {
      const [command = 0, value = 0] = await this.#input.words(2);
      if (command === DONE) return value;
      if (command !== DATA) throw new StoreFault('invalid data message');
      if (value > MAX_DATA) throw new StoreFault('oversize data message');
      let refusal: StoreFault | undefined;
      for (let missing = value; missing > 0;) {
        const bytes = await this.#input.some(missing);
        missing -= bytes.length;
        total += bytes.length;
        // the message is read to its end in any case: the next one must be found
        refusal ??= refusalOf(() => keep(bytes));
      }
      if (refusal) throw refusal;
      this.#onPushed(total);
    }
  }

  /** Says why, then swallows the data that is still on its way, as adbd does, so that the host gets to read it. */
  async #failSend(message: string): Promise<void> {
    if (!(await this.#fail(message, true))) return;
    for (;;) {
      const [command = 0, length = 0] = await this.#input.words(2);
      if (command !== DATA || length > MAX_DATA) return;
      await this.#input.exactly(length);
    }
  }

  async #receive2(path: string): Promise<boolean> {
    const [, flags = 0] = await this.#input.words(2);
    return flags === 0 ? this.#receive(path) : this.#fail(`unknown flags: ${flags}`);
  }

  async #receive(path: string): Promise<boolean> {
    let chunks: readonly Uint8Array[];
    try {
      chunks = this.#files.read(path);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      return this.#fail(`open failed: ${fault.text}`, true);
    }
    let batch: Uint8Array[] = [];
    let size = 0;
    for (const chunk of chunks)
      for (let at = 0; at < chunk.length; at += MAX_DATA) {
        const piece = chunk.subarray(at, at + MAX_DATA);
        batch.push(pack(DATA, piece.length), piece);
        size += piece.length;
        if (size < BATCH_BYTES) continue;
        if (!(await this.#stream.write(concat(batch)))) return false;
        batch = [];
        size = 0;
      }
    return this.#stream.write(concat([...batch, pack(DONE, 0)]));
  }

  /** Sends FAIL; `alive` says whether the session goes on. */
  async #fail(message: string, alive = false): Promise<boolean> {
    const text = new TextEncoder().encode(message);
    return (await this.#stream.write(concat([pack(FAIL, text.length), text]))) && alive;
  }
}

/** A push that adbd refuses, in its words. */
class StoreFault extends Error {
  constructor(what: string, error?: 'EPERM') {
    super(error ? `${what}: ${new FileFault(error, '').text}` : what);
  }
}

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

const seconds = (node: PhoneEntry): number => Math.floor(node.mtimeMs / 1000);
