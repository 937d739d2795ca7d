import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** A file that could be packed. */
export interface SourceFile {
  /** As the user would write it. */
  readonly path: string;
  /** Where it really is: every link followed. */
  readonly real: string;
  readonly bytes: number;
  /** True when `real` lies in none of the folders given: a link leads out. */
  readonly outside: boolean;
}

/** All files of some folders, by base name. */
export type Sources = ReadonlyMap<string, readonly SourceFile[]>;

const MAX_ENTRIES = 300_000;
const MAX_DEPTH = 12;
/** Never part of a payload, often huge. */
const SKIPPED = new Set(['.git', 'node_modules', '__pycache__']);

/**
 * Lists the folders, with all below them but `except`. Links to files are followed, links to folders are not.
 * Throws what is wrong.
 */
export async function readSources(folders: readonly string[], except?: string): Promise<Sources> {
  const roots: string[] = [];
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isDirectory())
      throw new Error(`--from: "${folder}" is no folder`);
    roots.push(real);
  }
  const found = new Map<string, SourceFile[]>();
  const way = { roots, found, entries: 0, except: except === undefined ? '' : resolve(except) };
  for (const folder of folders) await walk(folder, way, 0);
  return found;
}

interface Way {
  readonly roots: readonly string[];
  readonly found: Map<string, SourceFile[]>;
  readonly except: string;
  entries: number;
}

async function walk(folder: string, way: Way, depth: number): Promise<void> {
  if (resolve(folder) === way.except) return;
  const entries = await readdir(folder, { withFileTypes: true });
  way.entries += entries.length;
  if (way.entries > MAX_ENTRIES)
    throw new Error(`--from: more than ${MAX_ENTRIES} files; name the folders that are needed`);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < MAX_DEPTH && !SKIPPED.has(entry.name)) await walk(path, way, depth + 1);
      continue;
    }
    const file = await sourceFile(path, way.roots);
    if (file) way.found.set(entry.name, [...(way.found.get(entry.name) ?? []), file]);
  }
}

/** Undefined: no regular file, or a link to nothing or to a folder. */
export async function sourceFile(
  path: string,
  roots: readonly string[],
): Promise<SourceFile | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  const facts = await stat(real);
  if (!facts.isFile()) return undefined;
  return { path, real, bytes: facts.size, outside: !roots.some((root) => inside(root, real)) };
}

/** True when `path` is in `folder` or below it. */
export function inside(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Files that fit one of the names; those in a preferred folder alone, where there are any. */
export function candidates(
  sources: Sources,
  fits: (name: string) => boolean,
  folders: readonly string[] = [],
): readonly SourceFile[] {
  const all = [...sources].filter(([name]) => fits(name)).flatMap(([, files]) => files);
  for (const folder of folders) {
    const there = all.filter(({ path }) =>
      `/${dirname(path).replaceAll(sep, '/')}`.endsWith(`/${folder}`),
    );
    if (there.length > 0) return there;
  }
  return all;
}

export const nameOf = (file: SourceFile): string => basename(file.path);
