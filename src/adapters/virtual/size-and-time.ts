import type { CommandContext, ExecResult } from 'just-bash/browser';
import { CommandFault, guarded } from './command-fault';
import type { PhoneFiles } from './files';

/** `touch -t CCYYMMDDhhmm.ss FILE…`, in UTC as the phone's clock; other forms are just-bash's, which does not know this one. */
export async function touch(
  files: PhoneFiles,
  args: readonly string[],
  context: CommandContext,
): Promise<string | ExecResult> {
  const [flag, time = '', ...names] = args;
  if (flag !== '-t') return (await context.origCommand?.([...args])) ?? '';
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)\.(\d\d)$/.exec(time) ?? [];
  const mtimeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(mtimeMs)) throw new CommandFault(`touch: bad date '${time}'`);
  for (const name of names) {
    const path = context.fs.resolvePath(context.cwd, name);
    guarded('touch', name, () => {
      if (!files.find(path)) files.truncate(path);
      files.setTime(path, mtimeMs);
    });
  }
  return '';
}

/** `truncate -s BYTES FILE…`. */
export function truncate(
  files: PhoneFiles,
  args: readonly string[],
  context: CommandContext,
): string {
  const [flag, size = '', ...names] = args;
  if (flag !== '-s' || !/^\d+$/.test(size)) throw new CommandFault('truncate: Needs -s BYTES');
  for (const name of names) {
    const path = context.fs.resolvePath(context.cwd, name);
    guarded('truncate', name, () => {
      if (!files.find(path)) files.truncate(path);
      files.resize(path, Number(size));
    });
  }
  return '';
}
