/** What went wrong, as Linux names it, with the words that its tools print. */
export const ERRORS = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  EACCES: [13, 'Permission denied'],
  EEXIST: [17, 'File exists'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ENOSPC: [28, 'No space left on device'],
  EROFS: [30, 'Read-only file system'],
  ELOOP: [40, 'Too many symbolic links encountered'],
  ENAMETOOLONG: [36, 'File name too long'],
  ENOTEMPTY: [39, 'Directory not empty'],
} as const satisfies Record<string, readonly [number, string]>;
export type ErrorName = keyof typeof ERRORS;

/** A refused file operation. just-bash recognises ENOENT by its name in the message, and prints other messages as they are. */
export class FileFault extends Error {
  readonly error: ErrorName;
  readonly errno: number;
  /** The words without the error's name. */
  readonly text: string;

  constructor(error: ErrorName, path: string) {
    const [errno, text] = ERRORS[error];
    super(error === 'ENOENT' ? `ENOENT: no such file or directory, open '${path}'` : text);
    this.error = error;
    this.errno = errno;
    this.text = text;
  }
}

export interface PhoneFile {
  readonly kind: 'file';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  size: number;
  /** Content in order; never copied, never changed after it was added. */
  chunks: readonly Uint8Array[];
  /** False once it was removed; what is still appended then takes no space. */
  linked: boolean;
  /** Makes the content anew at each read (files of /proc and /sys). */
  readonly make?: () => string;
}
export interface PhoneDirectory {
  readonly kind: 'directory';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  readonly entries: Map<string, PhoneEntry>;
}
export interface PhoneLink {
  readonly kind: 'link';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  /** As it was given: absolute, or relative to the link's own folder. */
  readonly target: string;
}
/** What a path leads to, links followed. */
export type PhoneNode = PhoneFile | PhoneDirectory;
/** What stands in a folder. */
export type PhoneEntry = PhoneNode | PhoneLink;

/** The only folder that the shell user may write to. */
const HOME = '/data/local/tmp';
/** Folders that the shell user may pass through but not list. */
const SEALED = new Set(['/data', '/data/local', '/data/data', '/data/app', '/data/user']);
const MAX_PATH = 4096;
const MAX_NAME = 255;
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

  /** The file or directory at a path, links followed. Throws FileFault. */
  node(path: string): PhoneNode {
    return this.#lookUp(this.real(path));
  }

  /** What stands at a path; a link there is not followed. */
  entry(path: string): PhoneEntry {
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

  /** Size in bytes, as stat says it (0 for generated files, as in /proc). */
  size(node: PhoneEntry): number {
    if (node.kind === 'link') return node.target.length;
    return node.kind === 'file' ? node.size : 4096;
  }

  read(path: string): readonly Uint8Array[] {
    const node = this.node(path);
    if (node.kind === 'directory') throw new FileFault('EISDIR', path);
    if (!(node.mode & 0o444)) throw new FileFault('EACCES', path);
    return node.make ? [new TextEncoder().encode(node.make())] : node.chunks;
  }

  /** Makes an empty file in place of any other there, and returns it open for appending. */
  create(path: string, mode: number): PhoneFile {
    this.#mayWrite(path);
    const old = this.findEntry(path);
    if (old?.kind === 'directory') throw new FileFault('EISDIR', path);
    if (normal(path) === '/dev/null') return { ...this.#newFile(0o666), linked: false };
    if (old) this.remove(path);
    const file = this.#newFile(mode);
    this.#put(path, file);
    return file;
  }

  /** Makes a symbolic link. The target need not exist. */
  symlink(target: string, path: string): void {
    if (this.findEntry(path)) throw new FileFault('EEXIST', path);
    this.#mayWrite(path);
    const ino = ++this.#lastIno;
    this.#put(path, { kind: 'link', ino, mode: 0o777, mtimeMs: this.#now(), target });
  }

  /** Adds bytes at a file's end, keeping the array itself. Throws ENOSPC. */
  append(file: PhoneFile, bytes: Uint8Array): void {
    if (bytes.length > this.free) throw new FileFault('ENOSPC', '');
    (file.chunks as Uint8Array[]).push(bytes);
    file.size += bytes.length;
    file.mtimeMs = this.#now();
    if (file.linked) this.#used += bytes.length;
  }

  /** A directory and those above it; existing ones are fine. */
  makeDirectories(path: string): void {
    if (this.find(path)?.kind === 'directory') return;
    this.#mayWrite(path);
    this.#grow(path, 0o771);
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

function split(path: string): string[] {
  if (path.length > MAX_PATH) throw new FileFault('ENAMETOOLONG', path);
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name.length > MAX_NAME) throw new FileFault('ENAMETOOLONG', path);
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/** An absolute path without ".", ".." and empty parts. */
export const normal = (path: string): string => `/${split(path).join('/')}`;
export const parentOf = (path: string): string => `/${split(path).slice(0, -1).join('/')}`;
const baseOf = (path: string): string => split(path).at(-1) ?? '';
