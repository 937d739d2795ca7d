import type { Clock } from '../../domain/clock';
import { ByteReader, StreamEnded, pack } from './bytes';
import type { PhoneFiles } from './files';
import { concat } from './packet';
import type { ProcessTable, Program, ProgramIo, RunningProcess } from './process';
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
export async function serveShell(stream: Stream, script: string, v2: boolean, host: ShellHost) {
  const { processes, interpreter } = host;
  const pipes = v2 ? new FramedPipes(stream) : new BarePipes(stream);
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
      exitCode = await untilKilled(exec.program(ioOf(exec, host, pipes, process)), process);
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

function ioOf(
  exec: Execution,
  { files, clock }: ShellHost,
  pipes: Pipes,
  { killed }: RunningProcess,
): ProgramIo {
  const { argv, cwd, env } = exec;
  const bytes = (output: string | Uint8Array) =>
    typeof output === 'string' ? new TextEncoder().encode(output) : output;
  return {
    argv,
    cwd,
    env,
    files,
    killed,
    sleep: (ms) => clock.sleep(ms, killed),
    read: () => pipes.read(),
    print: async (output) => killed.aborted || pipes.print(bytes(output)),
    warn: async (output) => killed.aborted || pipes.warn(bytes(output)),
  };
}

interface Pipes {
  read(): Promise<Uint8Array | undefined>;
  print(bytes: Uint8Array): Promise<unknown>;
  warn(bytes: Uint8Array): Promise<unknown>;
  exit(code: number): Promise<unknown>;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const EXIT = 3;
const CLOSE_STDIN = 4;

/** Shell protocol v2: one byte of kind, four of length, the bytes. */
class FramedPipes implements Pipes {
  readonly #stream: Stream;
  readonly #input: ByteReader;
  #stdinEnded = false;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#input = new ByteReader(stream);
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      while (!this.#stdinEnded) {
        const [kind] = await this.#input.exactly(1);
        const [length = 0] = await this.#input.words(1);
        const bytes = await this.#input.exactly(length);
        if (kind === STDIN) return bytes;
        if (kind === CLOSE_STDIN) this.#stdinEnded = true;
      }
    } catch (reason) {
      if (!(reason instanceof StreamEnded)) throw reason;
    }
    return undefined;
  }

  print(bytes: Uint8Array): Promise<unknown> {
    return this.#send(STDOUT, bytes);
  }

  warn(bytes: Uint8Array): Promise<unknown> {
    return this.#send(STDERR, bytes);
  }

  exit(code: number): Promise<unknown> {
    return this.#send(EXIT, new Uint8Array([code]));
  }

  #send(kind: number, bytes: Uint8Array): Promise<boolean> {
    return this.#stream.write(concat([new Uint8Array([kind]), pack(bytes.length), bytes]));
  }
}

/** `exec:` and `shell:` without a protocol: both outputs in one pipe, no exit code. */
class BarePipes implements Pipes {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#stream.read();
  }

  print(bytes: Uint8Array): Promise<unknown> {
    return this.#stream.write(bytes);
  }

  warn(bytes: Uint8Array): Promise<unknown> {
    return this.#stream.write(bytes);
  }

  async exit(): Promise<void> {}
}
