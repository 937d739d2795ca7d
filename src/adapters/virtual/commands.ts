import type { Command, CommandContext, ExecResult } from 'just-bash/browser';
import { CommandFault } from './command-fault';
import { cat, df, du, rm, sha256sum, stat } from './file-commands';
import type { VirtualPhone } from './phone';
import { touch, truncate } from './size-and-time';
import { dumpsys, getprop, id, kill, ps, uname } from './system-commands';

/** Runs one command: its stdout, or a whole result. Throws CommandFault. */
type Run = (
  args: readonly string[],
  context: CommandContext,
) => string | Promise<string | ExecResult>;

/** The commands of a phone that just-bash lacks, or has in a desktop's form. Formats follow toybox 0.8. */
export function phoneCommands(phone: VirtualPhone): Command[] {
  const table: Record<string, Run> = {
    cat: (args, context) => cat(phone.files, args, context),
    getprop: (args) => getprop(phone, args),
    sha256sum: (args, context) => sha256sum(phone, args, context),
    df: (args) => df(phone, args),
    du: (args, context) => du(phone.files, args, context),
    kill: (args) => kill(phone, args),
    ps: () => ps(phone),
    rm: (args, context) => rm(phone.files, args, context),
    stat: (args, context) => stat(phone.files, args, context),
    touch: (args, context) => touch(phone.files, args, context),
    truncate: (args, context) => truncate(phone.files, args, context),
    // Nothing is ever under way to a storage that is memory.
    fsync: () => '',
    sync: () => '',
    uname: (args) => uname(phone, args),
    nproc: () => `${phone.model.coresKhz.length}\n`,
    id,
    whoami: () => 'shell\n',
    dumpsys: ([service]) => dumpsys(service),
  };
  return Object.entries(table).map(([name, run]) => ({
    name,
    execute: (args, context) => result(() => run(args, context)),
  }));
}

async function result(run: () => ReturnType<Run>): Promise<ExecResult> {
  try {
    const output = await run();
    return typeof output === 'string' ? { stdout: output, stderr: '', exitCode: 0 } : output;
  } catch (fault) {
    if (!(fault instanceof CommandFault)) throw fault;
    const { stdout, message, exitCode } = fault;
    return { stdout, stderr: `${message}\n`, exitCode };
  }
}
