import { quote, type Command } from '../../domain/device';

/**
 * The script that starts a program: its pid on the first line, then the program in the shell's own place.
 * Closing the socket would only hang up the shell (adb.md section 4), hence the pid.
 * `env` is always there, so that the form never changes.
 */
export function launchScript({ argv, cwd, env }: Command): string {
  const assignments = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new Error(`"${name}" cannot name an environment variable`);
    return quote(`${name}=${value}`);
  });
  if (/^-|=/.test(argv[0])) throw new Error(`env would not run "${argv[0]}" as a program`);
  const words = ['exec', 'env', ...assignments, ...argv.map(quote)];
  return `echo $$; cd ${quote(cwd)} && ${words.join(' ')}`;
}

/** A pid line is a few digits. */
const MAX_PID_LINE_CHARS = 32;

/** What is known of the first line: not whole yet, or a pid and what came after it, or no pid at all. */
export type PidLine =
  | { readonly is: 'partial' }
  | { readonly is: 'pid'; readonly pid: number; readonly rest: string }
  | { readonly is: 'wrong' };

/** Looks for the pid at the start of a program's stdout. */
export function readPidLine(text: string): PidLine {
  const end = text.indexOf('\n');
  if (end < 0) return { is: text.length > MAX_PID_LINE_CHARS ? 'wrong' : 'partial' };
  const digits = /^([1-9][0-9]{0,9})\r?$/.exec(text.slice(0, end))?.[1];
  return digits === undefined
    ? { is: 'wrong' }
    : { is: 'pid', pid: Number(digits), rest: text.slice(end + 1) };
}
