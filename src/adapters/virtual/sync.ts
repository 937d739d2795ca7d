import { StreamEnded, id, pack } from './bytes';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { sizeOf, type PhoneEntry } from './nodes';
import { store } from './sync-store';
import type { Stream } from './stream';
import { DATA, DONE, MAX_DATA, SyncChannel, TYPE } from './sync-wire';

/** The `sync:` service: push, pull, stat, list. Source: AOSP packages/modules/adb, daemon/file_sync_service.cpp. */
export async function serveSync(
  stream: Stream,
  files: PhoneFiles,
  onPushed: (totalBytes: number) => void,
): Promise<void> {
  const session = new SyncSession(new SyncChannel(stream), files, onPushed);
  try {
    while (await session.request());
  } catch (reason) {
    if (!(reason instanceof StreamEnded)) throw reason;
  }
}

const MAX_PATH = 1024;
/** Replies are gathered into writes of about this size. */
const BATCH_BYTES = 256 << 10;
const FLAG_DRY_RUN = 0x80000000;

class SyncSession {
  readonly #channel: SyncChannel;
  readonly #files: PhoneFiles;
  readonly #onPushed: (totalBytes: number) => void;

  constructor(channel: SyncChannel, files: PhoneFiles, onPushed: (totalBytes: number) => void) {
    this.#channel = channel;
    this.#files = files;
    this.#onPushed = onPushed;
  }

  /** Answers one request. False when the session is over. */
  async request(): Promise<boolean> {
    const { input } = this.#channel;
    const [command = 0, length = 0] = await input.words(2);
    if (command === id('QUIT')) return false;
    if (length > MAX_PATH) return this.#channel.fail('path too long');
    const path = new TextDecoder().decode(await input.exactly(length));
    switch (command) {
      case id('STAT'):
        return this.#channel.write(pack(command), this.#stat1(path));
      case id('STA2'):
        return this.#channel.write(
          pack(command),
          stat2(() => this.#files.node(path)),
        );
      case id('LST2'):
        return this.#channel.write(
          pack(command),
          stat2(() => this.#files.entry(path)),
        );
      case id('LIST'):
        return this.#list(path, 'DENT', brief, 16);
      case id('LIS2'):
        return this.#list(path, 'DNT2', full, 72);
      case id('SEND'):
        return this.#send1(path);
      case id('SND2'):
        return this.#send2(path);
      case id('RECV'):
        return this.#receive(path);
      case id('RCV2'):
        return this.#receive2(path);
      default:
        return this.#channel.fail(`unknown command ${command.toString(16).padStart(8, '0')}`);
    }
  }

  /** STAT is an lstat. */
  #stat1(path: string): Uint8Array {
    const node = this.#files.findEntry(path);
    return node ? brief(node) : pack(0, 0, 0);
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
    const entries = node?.kind === 'directory' ? this.#entries(path) : undefined;
    if (node && entries) {
      for (const name of ['.', '..']) add(name, node);
      for (const [name, child] of entries) add(name, child);
    }
    return this.#channel.write(...parts, pack(DONE), new Uint8Array(doneBytes));
  }

  #entries(path: string): ReadonlyMap<string, PhoneEntry> | undefined {
    try {
      return this.#files.list(path);
    } catch (fault) {
      if (fault instanceof FileFault) return undefined;
      throw fault;
    }
  }

  async #send1(spec: string): Promise<boolean> {
    const comma = spec.lastIndexOf(',');
    if (comma < 0) return this.#channel.fail('missing , in ID_SEND_V1');
    return this.#store(spec.slice(0, comma), leadingNumber(spec.slice(comma + 1)), false);
  }

  async #send2(path: string): Promise<boolean> {
    const [, mode = 0, flags = 0] = await this.#channel.input.words(3);
    if (flags & ~FLAG_DRY_RUN) return this.#channel.fail(`unknown flags: ${flags}`);
    return this.#store(path, mode, (flags & FLAG_DRY_RUN) !== 0);
  }

  #store(path: string, mode: number, dryRun: boolean): Promise<boolean> {
    return store(this.#channel, this.#files, { path, mode, dryRun }, this.#onPushed);
  }

  async #receive2(path: string): Promise<boolean> {
    const [, flags = 0] = await this.#channel.input.words(2);
    return flags === 0 ? this.#receive(path) : this.#channel.fail(`unknown flags: ${flags}`);
  }

  async #receive(path: string): Promise<boolean> {
    let chunks: readonly Uint8Array[];
    try {
      chunks = this.#files.read(path);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      // a directory can be opened
      const step = fault.error === 'EISDIR' ? 'read' : 'open';
      return this.#channel.fail(`${step} failed: ${fault.text}`);
    }
    let batch: Uint8Array[] = [];
    let size = 0;
    for (const chunk of chunks)
      for (let at = 0; at < chunk.length; at += MAX_DATA) {
        const piece = chunk.subarray(at, at + MAX_DATA);
        batch.push(pack(DATA, piece.length), piece);
        size += piece.length;
        if (size < BATCH_BYTES) continue;
        if (!(await this.#channel.write(...batch))) return false;
        batch = [];
        size = 0;
      }
    return this.#channel.write(...batch, pack(DONE, 0));
  }
}

/** mode, size, mtime. Version 1 cuts the size at 32 bits. */
const brief = (node: PhoneEntry): Uint8Array =>
  pack(TYPE[node.kind] | node.mode, sizeOf(node), seconds(node));

/** error, dev, ino, mode, nlink, uid, gid, size, atime, mtime, ctime; uid and gid 2000 are "shell". */
function full(node: PhoneEntry): Uint8Array {
  const time = BigInt(seconds(node));
  const mode = TYPE[node.kind] | node.mode;
  const size = BigInt(sizeOf(node));
  return pack(0, 1n, BigInt(node.ino), mode, 1, 2000, 2000, size, time, time, time);
}

function stat2(look: () => PhoneEntry): Uint8Array {
  try {
    return full(look());
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return pack(fault.errno, 0n, 0n, 0, 0, 0, 0, 0n, 0n, 0n, 0n);
  }
}

/** As C's strtoul with base 0, whose end adbd does not look at. */
function leadingNumber(text: string): number {
  const [, hex, octal, decimal] = /^(?:0[xX]([\da-f]+)|0([0-7]*)|(\d+))/i.exec(text) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return octal === undefined ? Number(decimal ?? 0) : Number.parseInt(octal || '0', 8);
}

const seconds = (node: PhoneEntry): number => Math.floor(node.mtimeMs / 1000);
