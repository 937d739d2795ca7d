import { FileFault } from './faults';
import type { PhoneDirectory, PhoneEntry, PhoneFile, PhoneNode } from './nodes';
import { baseOf, normal, parentOf, split } from './paths';

/** The only folder that the shell user may write to. */
const HOME = '/data/local/tmp';
/** Folders that the shell user may pass through but not list. */
const SEALED = new Set(['/data', '/data/local', '/data/data', '/data/app', '/data/user']);
/** As Linux (MAXSYMLINKS). */
const MAX_LINKS = 40;

/**
 * The phone's storage, in memory, for sync and shell alike. Files are lists of chunks: hundreds of megabytes
 * are appended without a copy. Outside /data/local/tmp it refuses as a phone refuses the shell user.
 */
export class PhoneFiles {
  /** Bytes that /data can hold. */
  readonly capacity: number;
  readonly #now: () => number;
  readonly #root: PhoneDirectory;
  #used = 0;
  #lastIno = 1;

  /** `capacity` in bytes; `now` in ms since 1970. */
  constructor(capacity: number, now: () => number) {
    this.capacity = capacity;
    this.#now = now;
    this.#root = this.#newDirectory(0o755);
    for (const path of [HOME, ...SEALED, '/system/bin', '/dev', '/sdcard']) this.#grow(path, 0o555);
    this.#directory('/data/local/tmp').mode = 0o771;
    this.#put('/dev/null', { ...this.#newFile(0o666), make: () => '' });
  }

  get free(): number {
    return this.capacity - this.#used;
  }

  /** Adds a file that the phone was made with. Its content is made at each read. */
  preload(path: string, make: () => string, mode = 0o444): void {
    this.#grow(parentOf(path), 0o555);
    this.#put(path, { ...this.#newFile(mode), make });
  }

  /** The file or directory at a path, links followed; only a directory where the path ends with "/". Throws FileFault. */
  node(path: string): PhoneNode {
    const node = this.#lookUp(this.real(path));
    if (path.endsWith('/') && node.kind !== 'directory') throw new FileFault('ENOTDIR', path);
    return node;
  }

  /** What stands at a path; a link there is not followed, except by a "/" behind it. */
  entry(path: string): PhoneEntry {
    if (path.endsWith('/')) return this.node(path);
    const name = baseOf(path);
    if (!name) return this.#root;
    const entry = this.#directory(parentOf(path)).entries.get(name);
    if (!entry) throw new FileFault('ENOENT', path);
    return entry;
  }

  /** The path without links. What it names need not exist. */
  real(path: string): string {
    let names = split(path);
    let at: PhoneEntry = this.#root;
    let links = 0;
    for (let i = 0; i < names.length; i++) {
      const next: PhoneEntry | undefined =
        at.kind === 'directory' ? at.entries.get(names[i] ?? '') : undefined;
      if (!next) break;
      at = next;
      if (next.kind !== 'link') continue;
      if (++links > MAX_LINKS) throw new FileFault('ELOOP', path);
      const folder = next.target.startsWith('/') ? '' : `/${names.slice(0, i).join('/')}`;
      names = split([folder, next.target, ...names.slice(i + 1)].join('/'));
      at = this.#root;
      i = -1;
    }
    return `/${names.join('/')}`;
  }

  #lookUp(path: string): PhoneNode {
    let node: PhoneNode = this.#root;
    for (const name of split(path)) {
      if (node.kind !== 'directory') throw new FileFault('ENOTDIR', path);
      const next: PhoneEntry | undefined = node.entries.get(name);
      if (!next || next.kind === 'link') throw new FileFault('ENOENT', path);
      node = next;
    }
    return node;
  }

  find(path: string): PhoneNode | undefined {
    try {
      return this.node(path);
    } catch (fault) {
      if (fault instanceof FileFault) return undefined;
      throw fault;
    }
  }

  /** Like `find`, but a link itself. */
  findEntry(path: string): PhoneEntry | undefined {
    try {
      return this.entry(path);
    } catch (fault) {
      if (fault instanceof FileFault) return undefined;
      throw fault;
    }
  }

  list(path: string): ReadonlyMap<string, PhoneEntry> {
    const { entries } = this.#directory(path);
    if (SEALED.has(normal(path))) throw new FileFault('EACCES', path);
    return entries;
  }

  read(path: string): readonly Uint8Array[] {
    const node = this.node(path);
    if (node.kind === 'directory') throw new FileFault('EISDIR', path);
    if (!(node.mode & 0o444)) throw new FileFault('EACCES', path);
    return node.make ? [new TextEncoder().encode(node.make())] : node.chunks;
  }

  /** Makes an empty file in place of any other there, and returns it open for appending. */
  create(path: string, mode: number): PhoneFile {
    const old = this.#directory(parentOf(path)).entries.get(baseOf(path));
    this.#mayWrite(path);
    if (old?.kind === 'directory' || path.endsWith('/')) throw new FileFault('EISDIR', path);
    if (normal(path) === '/dev/null' && old?.kind === 'file') return old;
    if (old) this.remove(path);
    const file = this.#newFile(mode);
    this.#put(path, file);
    return file;
  }

  /** A file emptied, or a new one, open for appending; links are followed. As open(2) with O_CREAT and O_TRUNC. */
  truncate(path: string): PhoneFile {
    const real = this.real(path);
    const old = this.findEntry(real);
    if (old?.kind === 'file' && !old.make) this.appendable(real);
    return this.create(real, old?.mode ?? 0o666);
  }

  /** A file that is there, open for appending. As open(2) with O_APPEND. */
  appendable(path: string): PhoneFile {
    const node = this.node(path);
    this.#mayWrite(this.real(path));
    if (node.kind === 'directory') throw new FileFault('EISDIR', path);
    if (node.make || !(node.mode & 0o222)) throw new FileFault('EACCES', path);
    return node;
  }

  /** Makes a symbolic link. The target need not exist. */
  symlink(target: string, path: string): void {
    if (this.#directory(parentOf(path)).entries.has(baseOf(path)))
      throw new FileFault('EEXIST', path);
    this.#mayWrite(path);
    const ino = ++this.#lastIno;
    this.#put(path, { kind: 'link', ino, mode: 0o777, mtimeMs: this.#now(), target });
  }

  /** Adds bytes at a file's end, keeping the array itself. Throws ENOSPC. */
  append(file: PhoneFile, bytes: Uint8Array): void {
    if (file.make) return; // only /dev/null is ever open for that
    if (bytes.length > this.free) throw new FileFault('ENOSPC', '');
    (file.chunks as Uint8Array[]).push(bytes);
    file.size += bytes.length;
    file.mtimeMs = this.#now();
    if (file.linked) this.#used += bytes.length;
  }

  /** Cuts a file, or fills it up with zeros. As truncate(2). Throws ENOSPC. */
  resize(path: string, bytes: number): void {
    const file = this.appendable(path);
    const more = bytes - file.size;
    if (more > 0) return this.append(file, new Uint8Array(more));
    let left = bytes;
    file.chunks = file.chunks.flatMap((chunk) => {
      const kept = chunk.subarray(0, left);
      left -= kept.length;
      return kept.length > 0 ? [kept] : [];
    });
    file.size = bytes;
    file.mtimeMs = this.#now();
    if (file.linked) this.#used += more;
  }

  /** A directory and those above it; existing ones are fine. */
  makeDirectories(path: string, mode: number): void {
    if (this.find(path)?.kind === 'directory') return;
    this.#mayWrite(path);
    this.#grow(path, mode);
  }

  makeDirectory(path: string): void {
    if (this.findEntry(path)) throw new FileFault('EEXIST', path);
    this.#mayWrite(path);
    this.#put(path, this.#newDirectory(0o777));
  }

  /** Removes a file, a link or an empty directory. */
  remove(path: string): void {
    const node = this.entry(path);
    this.#mayWrite(path);
    if (normal(path) === HOME) throw new FileFault('EACCES', path);
    if (node.kind === 'directory' && node.entries.size > 0) throw new FileFault('ENOTEMPTY', path);
    const parent = this.#directory(parentOf(path));
    parent.entries.delete(baseOf(path));
    parent.mtimeMs = this.#now();
    if (node.kind !== 'file') return;
    node.linked = false;
    this.#used -= node.size;
  }

  /** Renames; an existing file is replaced in one step, as rename(2) does. */
  rename(from: string, to: string): void {
    const node = this.entry(from);
    this.#mayWrite(from);
    this.#mayWrite(to);
    if (normal(from) === normal(to)) return;
    if (`${normal(to)}/`.startsWith(`${normal(from)}/`)) throw new FileFault('EINVAL', to);
    const target = this.findEntry(to);
    if (target?.kind === 'directory' && node.kind !== 'directory')
      throw new FileFault('EISDIR', to);
    this.#directory(parentOf(to));
    if (target) this.remove(to);
    this.#directory(parentOf(from)).entries.delete(baseOf(from));
    this.#put(to, node);
  }

  /** Sets permission bits. */
  setMode(path: string, mode: number): void {
    const node = this.node(path);
    this.#mayWrite(this.real(path));
    node.mode = mode & 0o7777;
  }

  setTime(path: string, mtimeMs: number): void {
    const node = this.node(path);
    this.#mayWrite(this.real(path));
    node.mtimeMs = mtimeMs;
  }

  /** Judges the place itself: a link out of our folder leads to where we may not write. */
  #mayWrite(path: string): void {
    const full = normal(`${this.real(parentOf(path))}/${baseOf(path)}`);
    if (full === '/dev/null' || full === HOME || full.startsWith(`${HOME}/`)) return;
    throw new FileFault(/^\/(data|sdcard|dev|proc|sys)\b/.test(full) ? 'EACCES' : 'EROFS', path);
  }

  #directory(path: string): PhoneDirectory {
    const node = this.node(path);
    if (node.kind !== 'directory') throw new FileFault('ENOTDIR', path);
    return node;
  }

  #grow(path: string, mode: number): void {
    let node = this.#root;
    for (const name of split(this.real(path))) {
      const next: PhoneEntry = node.entries.get(name) ?? this.#newDirectory(mode);
      if (next.kind !== 'directory') throw new FileFault('ENOTDIR', path);
      node.entries.set(name, next);
      node = next;
    }
  }

  #put(path: string, node: PhoneEntry): void {
    const parent = this.#directory(parentOf(path));
    parent.entries.set(baseOf(path), node);
    parent.mtimeMs = this.#now();
  }

  #newFile(mode: number): PhoneFile {
    const chunks: Uint8Array[] = [];
    const ino = ++this.#lastIno;
    return { kind: 'file', ino, mode, mtimeMs: this.#now(), size: 0, chunks, linked: true };
  }

  #newDirectory(mode: number): PhoneDirectory {
    const entries = new Map<string, PhoneNode>();
    return { kind: 'directory', ino: ++this.#lastIno, mode, mtimeMs: this.#now(), entries };
  }
}
