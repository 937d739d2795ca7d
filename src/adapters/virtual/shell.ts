import { Bash, type Command, type CommandContext, type ExecResult } from 'just-bash/browser';
import { quote } from '../../domain/device';
import { BashFs } from './bash-fs';
import { phoneCommands } from './commands';
import { FileFault } from './faults';
import type { VirtualPhone } from './phone';
import type { RunningProcess } from './process';
import { findProgram, type Found } from './programs';
import { concat } from './packet';
import { redirect, RedirectFault, type Redirected } from './redirect';
import type { Execution, Interpreter, ScriptResult } from './shell-service';
import { TAKE_OVER, takeOver } from './take-over';

/**
 * The phone's `sh`, interpreted by just-bash over the phone's files. Differences from a phone's mksh: a script's
 * output comes at its end, its stdin is empty, there are no background jobs. A program started with `exec` as the
 * last step of a script is handed back and runs live, with its pipes joined to the stream.
 */
export class BashInterpreter implements Interpreter {
  readonly #phone: VirtualPhone;

  constructor(phone: VirtualPhone) {
    this.#phone = phone;
  }

  async run(script: string, process: RunningProcess): Promise<ScriptResult> {
    let exec: Execution | undefined;
    const bash = this.#bash(process.pid, {
      name: TAKE_OVER,
      execute: async (words, context) => {
        const taken = this.#taken(words, context);
        if (!('redirected' in taken)) return taken;
        exec = taken;
        return { stdout: '', stderr: '', exitCode: 0 };
      },
    });
    try {
      const result = await bash.exec(script, { rawScript: true, signal: process.killed });
      if (process.killed.aborted) return ended('', 0);
      const output = { stdout: encode(result.stdout), stderr: encode(asSh(result.stderr)) };
      return { ...output, exitCode: result.exitCode, ...(exec && { exec }) };
    } catch (fault) {
      if (process.killed.aborted) return ended('', 0);
      // just-bash ends the whole script when a redirection is refused; a real sh goes on
      if (fault instanceof FileFault) return ended(`${SH}: can't create: ${fault.text}\n`, 1);
      throw fault;
    }
  }

  /** Finds the program and opens its redirections. One that is not live here runs at once: then its result. */
  #taken(
    words: readonly string[],
    context: CommandContext,
  ): Execution | Promise<ExecResult> | ExecResult {
    try {
      const { redirected, program } = redirect(this.#phone.files, context.cwd, words);
      const found = findProgram(this.#phone, program, context.cwd, context.exportedEnv ?? {});
      if ('exitCode' in found) return { stdout: '', ...found };
      if ('program' in found) return { ...found, redirected };
      return this.#interpreted(found, redirected, context);
    } catch (fault) {
      if (!(fault instanceof RedirectFault)) throw fault;
      return { stdout: '', stderr: `${SH}: ${fault.message}\n`, exitCode: 1 };
    }
  }

  /** A program that only the interpreter knows, for example `exec sh -c …`: its output comes at its end. */
  async #interpreted(
    { argv, cwd, env }: Omit<Found, 'program'>,
    { stdin, stdout, stderr }: Redirected,
    context: CommandContext,
  ): Promise<ExecResult> {
    const [name = '', ...args] = argv;
    // assignments in front, because just-bash does not export what its `env` option sets
    const assignments = Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`);
    const input = stdin && new TextDecoder().decode(concat(stdin));
    const ran = await context.exec?.([...assignments, quote(name)].join(' '), {
      ...{ args, cwd },
      ...(input !== undefined && { stdin: input }),
    });
    const result = { stdout: '', stderr: '', exitCode: ran?.exitCode ?? 126 };
    for (const [sink, text] of [
      [stdout, ran?.stdout ?? ''],
      [stderr, ran?.stderr ?? 'no interpreter\n'],
    ] as const)
      if (typeof sink === 'string') result[sink] += text;
      else this.#phone.files.append(sink, encode(text));
    return result;
  }

  #bash(pid: number, taker: Command): Bash {
    const bash = new Bash({
      fs: new BashFs(this.#phone.files),
      cwd: '/',
      env: { PATH: '/system/bin', HOME: '/', TMPDIR: '/data/local/tmp', USER: 'shell' },
      processInfo: { pid, ppid: 1, uid: 2000, gid: 2000 },
      customCommands: [...phoneCommands(this.#phone), taker],
      sleep: (ms) => this.#phone.clock.sleep(ms),
    });
    bash.registerTransformPlugin({
      name: 'exec',
      transform: ({ ast }) => ({ ast: takeOver(ast) }),
    });
    return bash;
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const SH = '/system/bin/sh';
/** The interpreter calls itself bash, and puts some things otherwise than a phone's mksh. */
const asSh = (text: string): string =>
  text
    .replaceAll(/^bash: (.*): command not found$/gm, `${SH}: $1: inaccessible or not found`)
    .replaceAll(/^bash: (\S*\/\S*): No such file.*$/gm, `${SH}: $1: inaccessible or not found`)
    .replaceAll(
      /^bash: (\S*\/\S*): Permission denied$/gm,
      `${SH}: $1: can't execute: Permission denied`,
    )
    .replaceAll(/^bash: /gm, `${SH}: `);
const ended = (stderr: string, exitCode: number): ScriptResult => ({
  stdout: encode(''),
  stderr: encode(stderr),
  exitCode,
});
