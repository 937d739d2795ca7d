import { Bash, type Command, type CommandContext, type ExecResult } from 'just-bash/browser';
import { quote } from '../../domain/device';
import { BashFs } from './bash-fs';
import { phoneCommands } from './commands';
import { FileFault } from './files';
import type { VirtualPhone } from './phone';
import type { RunningProcess } from './process';
import { findProgram } from './programs';
import type { Execution, Interpreter, ScriptResult } from './shell-service';

/** Name that a last `exec` gets before just-bash sees it. Not typeable by accident. */
const TAKE_OVER = '__plugsight_exec';

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
    const takeOver = async (
      args: readonly string[],
      context: CommandContext,
    ): Promise<ExecResult> => {
      const found = findProgram(this.#phone, args, context.cwd, context.exportedEnv ?? {});
      if ('exitCode' in found) return { stdout: '', ...found };
      if (!('program' in found)) return interpreted(found, context);
      exec = found;
      return { stdout: '', stderr: '', exitCode: 0 };
    };
    const bash = this.#bash(process.pid, {
      name: TAKE_OVER,
      execute: takeOver,
    });
    try {
      const result = await bash.exec(script, { rawScript: true, signal: process.killed });
      if (process.killed.aborted) return ended('', 0);
      const output = { stdout: encode(result.stdout), stderr: encode(asSh(result.stderr)) };
      return { ...output, exitCode: result.exitCode, ...(exec && { exec }) };
    } catch (fault) {
      if (process.killed.aborted) return ended('', 0);
      // just-bash ends the whole script when a redirection is refused; a real sh goes on
      if (fault instanceof FileFault) return ended(`sh: can't create: ${fault.text}\n`, 1);
      throw fault;
    }
  }

  #bash(pid: number, takeOver: Command): Bash {
    const bash = new Bash({
      fs: new BashFs(this.#phone.files),
      cwd: '/',
      env: { PATH: '/system/bin', HOME: '/', TMPDIR: '/data/local/tmp', USER: 'shell' },
      processInfo: { pid, ppid: 1, uid: 2000, gid: 2000 },
      customCommands: [...phoneCommands(this.#phone), takeOver],
      sleep: (ms) => this.#phone.clock.sleep(ms),
    });
    bash.registerTransformPlugin({
      name: 'exec',
      transform: ({ ast }) => ({ ast: replaceExec(ast) }),
    });
    return bash;
  }
}

type Ast = Parameters<Parameters<Bash['registerTransformPlugin']>[0]['transform']>[0]['ast'];
type PhoneCommandNode = Ast['statements'][number]['pipelines'][number]['commands'][number];

/**
 * Turns each `exec PROGRAM …` that would replace the script's own shell (top level, not in a pipe) into
 * `{ TAKE_OVER PROGRAM …; exit; }`. An `exec` elsewhere, or without a program, stays just-bash's.
 */
function replaceExec(ast: Ast): Ast {
  const statements = ast.statements.map((statement) => ({
    ...statement,
    pipelines: statement.pipelines.map((pipeline) => {
      const [command, ...others] = pipeline.commands;
      if (!command || others.length > 0 || statement.background) return pipeline;
      return { ...pipeline, commands: [replaceCommand(command)] };
    }),
  }));
  return { ...ast, statements };
}

function replaceCommand(command: PhoneCommandNode): PhoneCommandNode {
  if (command.type !== 'SimpleCommand' || command.args.length === 0) return command;
  const [part, ...others] = command.name?.parts ?? [];
  if (part?.type !== 'Literal' || part.value !== 'exec' || others.length > 0) return command;
  const word = (value: string) => ({
    type: 'Word' as const,
    parts: [{ type: 'Literal' as const, value }],
  });
  const alone = (node: PhoneCommandNode) => ({
    type: 'Statement' as const,
    pipelines: [{ type: 'Pipeline' as const, commands: [node], negated: false }],
    operators: [],
    background: false,
  });
  const taken = { ...command, name: word(TAKE_OVER) };
  const exit = { ...command, name: word('exit'), args: [], assignments: [], redirections: [] };
  return { type: 'Group', body: [alone(taken), alone(exit)], redirections: [] };
}

/** A program that only the interpreter knows, for example `exec sh -c …`: its output comes at its end. */
async function interpreted(
  { argv, cwd, env }: Omit<Execution, 'program'>,
  context: CommandContext,
): Promise<ExecResult> {
  const [name = '', ...args] = argv;
  // assignments in front, because just-bash does not export what its `env` option sets
  const assignments = Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`);
  const run = context.exec?.([...assignments, quote(name)].join(' '), { args, cwd });
  return run ?? { stdout: '', stderr: 'no interpreter\n', exitCode: 126 };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The interpreter calls itself bash; a phone's shell does not. */
const asSh = (text: string): string => text.replaceAll(/^bash: /gm, '/system/bin/sh: ');
const ended = (stderr: string, exitCode: number): ScriptResult => ({
  stdout: encode(''),
  stderr: encode(stderr),
  exitCode,
});
