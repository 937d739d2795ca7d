import type { Clock } from '../../domain/clock';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { createPipes, type Pipes, type ShellKind } from './pipes';
import type { ProcessTable, Program, ProgramIo, RunningProcess } from './process';
import type { Redirected, Sink } from './redirect';
import type { Stream } from './stream';

/** Runs shell scripts. Output comes whole at the end; a last `exec` is handed back to be run live. */
export interface Interpreter {
  run(script: string, process: RunningProcess): Promise<ScriptResult>;
}
export interface ScriptResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
  /** The program that takes the shell's place. */
  readonly exec?: Execution;
}
export interface Execution {
  readonly program: Program;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly redirected: Redirected;
}

export interface ShellHost {
  readonly clock: Clock;
  readonly files: PhoneFiles;
  readonly processes: ProcessTable;
  readonly interpreter: Interpreter;
}

const SIGHUP = 1;

/**
 * One `shell` or `exec` service. When the host closes the stream the program gets SIGHUP, as adbd does it.
 * Source: AOSP packages/modules/adb, shell_protocol.h and daemon/shell_service.cpp.
 */
export async function serveShell(
  stream: Stream,
  script: string,
  kind: ShellKind,
  host: ShellHost,
): Promise<void> {
  const { processes, interpreter } = host;
  const pipes = createPipes(stream, kind);
  const process = processes.start('sh');
  const hangUp = () => process.signal(SIGHUP);
  stream.closed.addEventListener('abort', hangUp, { once: true });
  let exitCode: number;
  try {
    const result = await interpreter.run(script, process);
    if (result.stdout.length) await pipes.print(result.stdout);
    if (result.stderr.length) await pipes.warn(result.stderr);
    exitCode = result.exitCode;
    const { exec } = result;
    if (exec && !process.killed.aborted) {
      process.name = exec.argv[0] ?? 'sh';
      exitCode = await untilKilled(run(exec, host, pipes, process), process);
    }
  } finally {
    processes.ended(process);
    stream.closed.removeEventListener('abort', hangUp);
  }
  await pipes.exit(process.exitCode(exitCode));
}

/** A killed program counts as gone at once, whatever its code still does. */
function untilKilled(running: Promise<number>, { killed }: RunningProcess): Promise<number> {
  const gone = new Promise<number>((resolve) => {
    if (killed.aborted) resolve(0);
    killed.addEventListener('abort', () => resolve(0), { once: true });
  });
  return Promise.race([running, gone]);
}

/** Runs a program to its end. One that cannot write ends with 1. */
async function run(
  exec: Execution,
  host: ShellHost,
  pipes: Pipes,
  process: RunningProcess,
): Promise<number> {
  const io = ioOf(exec, host, pipes, process);
  try {
    return await exec.program(io);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    await io.warn(`${exec.argv[0] ?? ''}: write: ${fault.text}\n`);
    return 1;
  }
}

function ioOf(
  { argv, cwd, env, redirected }: Execution,
  { files, clock }: ShellHost,
  pipes: Pipes,
  { killed }: RunningProcess,
): ProgramIo {
  const write = async (to: Sink, output: string | Uint8Array) => {
    if (killed.aborted) return;
    const bytes = typeof output === 'string' ? new TextEncoder().encode(output) : output;
    if (bytes.length === 0) return;
    if (to === 'stdout') await pipes.print(bytes);
    else if (to === 'stderr') await pipes.warn(bytes);
    else files.append(to, bytes);
  };
  const stdin = redirected.stdin?.values();
  return {
    ...{ argv, cwd, env, files, killed },
    sleep: (ms) => clock.sleep(ms, killed),
    read: async () => (stdin ? stdin.next().value : pipes.read()),
    print: (output) => write(redirected.stdout, output),
    warn: (output) => write(redirected.stderr, output),
  };
}

/**
 * What a service name asks for: "shell,v2,pty:SCRIPT" or "exec:SCRIPT". Nothing for other names.
 * Source: AOSP packages/modules/adb, daemon/services.cpp, ShellService.
 */
export function parseService(name: string): { kind: ShellKind; script: string } | undefined {
  const [, service, options = '', script = ''] =
    /^(shell|exec)((?:,[^:]*)?):(.*)$/s.exec(name) ?? [];
  if (!service) return undefined;
  const words = options.split(',');
  const asked = words.findLast((word) => word === 'pty' || word === 'raw');
  const pty = asked ? asked === 'pty' : service === 'shell' && script === '';
  return { kind: { v2: words.includes('v2'), pty }, script };
}
