import type { IFileSystem } from 'just-bash/browser';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { sizeOf, type PhoneEntry } from './nodes';
import { concat } from './packet';
import { absolute } from './paths';

type FsStat = Awaited<ReturnType<IFileSystem['stat']>>;

/** The phone's files as just-bash wants them. No hard links: SELinux keeps a phone's shell user from making any. */
export class BashFs implements IFileSystem {
  readonly #files: PhoneFiles;

  constructor(files: PhoneFiles) {
    this.#files = files;
  }

  async readFile(path: string): Promise<string> {
    return new TextDecoder().decode(await this.readFileBuffer(path));
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return concat(this.#files.read(path));
  }

  async writeFile(path: string, content: string | Uint8Array, options?: Encoding): Promise<void> {
    this.#files.append(this.#files.truncate(path), toBytes(content, options));
  }

  async appendFile(path: string, content: string | Uint8Array, options?: Encoding): Promise<void> {
    const old = this.#files.find(path);
    if (old?.kind !== 'file' || old.make) return this.writeFile(path, content, options);
    this.#files.append(this.#files.appendable(path), toBytes(content, options));
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.find(path) !== undefined;
  }

  async stat(path: string): Promise<FsStat> {
    return this.#describe(this.#files.node(path));
  }

  async lstat(path: string): Promise<FsStat> {
    return this.#describe(this.#files.entry(path));
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    if (options?.recursive) this.#files.makeDirectories(path, 0o777);
    else this.#files.makeDirectory(path);
  }

  async readdir(path: string): Promise<string[]> {
    return [...this.#files.list(path).keys()].sort();
  }

  async readdirWithFileTypes(path: string) {
    return [...this.#files.list(path)].map(([name, { kind }]) => ({
      name,
      isFile: kind === 'file',
      isDirectory: kind === 'directory',
      isSymbolicLink: kind === 'link',
    }));
  }

  async rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void> {
    const node = this.#files.findEntry(path);
    if (!node && options?.force) return;
    if (options?.recursive && node?.kind === 'directory')
      for (const name of [...this.#files.list(path).keys()])
        await this.rm(`${path}/${name}`, options);
    this.#files.remove(path);
  }

  async cp(from: string, to: string, options?: { recursive?: boolean }): Promise<void> {
    const node = this.#files.node(from);
    if (node.kind === 'file') {
      const file = this.#files.create(to, node.mode);
      for (const chunk of this.#files.read(from)) this.#files.append(file, chunk);
      return;
    }
    if (!options?.recursive) throw new FileFault('EISDIR', from);
    this.#files.makeDirectories(to, 0o777);
    for (const name of [...this.#files.list(from).keys()])
      await this.cp(`${from}/${name}`, `${to}/${name}`, options);
  }

  async mv(from: string, to: string): Promise<void> {
    this.#files.rename(from, to);
  }

  resolvePath(base: string, path: string): string {
    return absolute(base, path);
  }

  getAllPaths(): string[] {
    return [];
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#files.setMode(path, mode);
  }

  async symlink(target: string, path: string): Promise<void> {
    this.#files.symlink(target, path);
  }

  async link(_existing: string, path: string): Promise<void> {
    throw new FileFault('EPERM', path);
  }

  async readlink(path: string): Promise<string> {
    const entry = this.#files.entry(path);
    if (entry.kind !== 'link') throw new FileFault('EINVAL', path);
    return entry.target;
  }

  async realpath(path: string): Promise<string> {
    this.#files.node(path);
    return this.#files.real(path);
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    this.#files.setTime(path, mtime.getTime());
  }

  #describe(node: PhoneEntry): FsStat {
    return {
      isFile: node.kind === 'file',
      isDirectory: node.kind === 'directory',
      isSymbolicLink: node.kind === 'link',
      mode: node.mode,
      size: sizeOf(node),
      mtime: new Date(node.mtimeMs),
      dev: 1,
      ino: node.ino,
    };
  }
}

type Encoding = Parameters<IFileSystem['writeFile']>[2];

/** just-bash hands raw bytes over as strings of one character per byte ("binary"). */
function toBytes(content: string | Uint8Array, options: Encoding): Uint8Array {
  if (typeof content !== 'string') return content.slice();
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (encoding === 'binary' || encoding === 'latin1')
    return Uint8Array.from(content, (char) => char.charCodeAt(0));
  return new TextEncoder().encode(content);
}
