import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import type { PhoneFile } from './nodes';
import { absolute } from './paths';
import { THEN } from './take-over';

/** Where an output goes: the stream's stdout or stderr, or a file that is open for appending. */
export type Sink = 'stdout' | 'stderr' | PhoneFile;

/** A program's standard files, as its redirections leave them. */
export interface Redirected {
  /** Content of the file on stdin; absent: the stream's. */
  readonly stdin?: readonly Uint8Array[];
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** A refused redirection, in the shell's words. */
export class RedirectFault extends Error {}

/**
 * Opens what the words before "--" ask for ("1>>" and a name, "2>&" and a number), from left to right,
 * and returns it with the words after. Throws RedirectFault.
 */
export function redirect(
  files: PhoneFiles,
  cwd: string,
  words: readonly string[],
): { readonly redirected: Redirected; readonly program: readonly string[] } {
  const end = words.indexOf(THEN);
  let stdin: readonly Uint8Array[] | undefined;
  const sinks: Record<string, Sink> = { 1: 'stdout', 2: 'stderr' };
  for (let i = 0; i < end; i += 2) {
    const [, fd = '', operator = ''] = /^(\d+)(.*)$/.exec(words[i] ?? '') ?? [];
    const name = words[i + 1] ?? '';
    const other = operator === '>&' ? sinks[name] : undefined;
    if (fd === '0' && operator === '<') stdin = open(name, () => files.read(absolute(cwd, name)));
    else if (!(fd in sinks) || (operator === '>&' && !other))
      throw new RedirectFault(`${words[i] ?? ''}${name}: bad file descriptor`);
    else
      sinks[fd] = other ?? open(name, () => target(files, absolute(cwd, name), operator === '>>'));
  }
  const redirected = { stdout: sinks[1] ?? 'stdout', stderr: sinks[2] ?? 'stderr' };
  return { redirected: { ...redirected, ...(stdin && { stdin }) }, program: words.slice(end + 1) };
}

function target(files: PhoneFiles, path: string, append: boolean): PhoneFile {
  const old = files.find(path);
  if (append && old?.kind === 'file' && !old.make) return files.appendable(path);
  return files.truncate(path);
}

function open<T>(name: string, operation: () => T): T {
  try {
    return operation();
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    throw new RedirectFault(`can't open ${name}: ${fault.text}`);
  }
}
