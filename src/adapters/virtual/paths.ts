import { FileFault } from './faults';

const MAX_PATH = 4096;
const MAX_NAME = 255;

/** The names of a path, "." and ".." resolved by their letters. Throws FileFault (ENAMETOOLONG). */
export function split(path: string): string[] {
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
export const baseOf = (path: string): string => split(path).at(-1) ?? '';
/** A path as seen from a folder. */
export const absolute = (cwd: string, path: string): string =>
  normal(path.startsWith('/') ? path : `${cwd}/${path}`);
