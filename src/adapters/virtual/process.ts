import type { PhoneFiles } from './files';

/** A program of the virtual phone: runs until it returns its exit code. */
export type Program = (io: ProgramIo) => Promise<number>;

/** What a program is given. */
export interface ProgramIo {
  /** Program name and arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: PhoneFiles;
  /** The next bytes of stdin; nothing at its end. */
  readonly read: () => Promise<Uint8Array | undefined>;
  /** Writes to stdout; resolves when the host took it. */
  readonly print: (output: string | Uint8Array) => Promise<unknown>;
  /** Writes to stderr. */
  readonly warn: (output: string) => Promise<unknown>;
  /** Waits, or returns early when killed. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Aborted by a signal, with its number as reason. The program must stop; its exit code is then ignored. */
  readonly killed: AbortSignal;
}

/** One row of the process table. */
export class RunningProcess {
  readonly pid: number;
  name: string;
  readonly #killed = new AbortController();
  readonly killed = this.#killed.signal;

  constructor(pid: number, name: string) {
    this.pid = pid;
    this.name = name;
  }

  signal(number: number): void {
    if (number !== 0) this.#killed.abort(number);
  }

  /** 128 + n after signal n, else the program's own code. */
  exitCode(own: number): number {
    return this.killed.aborted ? 128 + (this.killed.reason as number) : own;
  }
}

/** The phone's processes. No program here catches a signal: every one ends it. */
export class ProcessTable {
  readonly #rows = new Map<number, RunningProcess>();
  #lastPid = 4000;

  start(name: string): RunningProcess {
    const process = new RunningProcess(++this.#lastPid, name);
    this.#rows.set(process.pid, process);
    return process;
  }

  ended(process: RunningProcess): void {
    this.#rows.delete(process.pid);
  }

  /** Sends a signal (0 only asks). False when there is no such process. */
  signal(pid: number, number: number): boolean {
    const process = this.#rows.get(pid);
    process?.signal(number);
    return process !== undefined;
  }

  list(): readonly RunningProcess[] {
    return [...this.#rows.values()];
  }
}
