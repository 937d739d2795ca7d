import type { AdbShellProtocolProcess } from '@yume-chan/adb';
import type { Chunk, Command, Process } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import { endProgram, interruptProgram } from './kill';
import { launchScript, readPidLine } from './launch';
import type { Link } from './link';
import { MAX_UNREAD_CHARS, Output } from './output';
import { hangUp, startScript } from './shell';
import { atMost, ignore, STALL_MS } from './wait';

/** How long ending waits for a pid that is still on its way. */
const PID_MS = 2000;
/** How long the exit message may come after the program is gone (a child may hold its pipes). */
const EXIT_MS = 1000;

/** Starts a program: `Device.spawn()`. The signal ends the starting; a started program is ended by disposing. */
export async function spawn(
  link: Link,
  command: Command,
  signal: AbortSignal,
): Promise<Result<Process>> {
  const shell = await startScript(link, launchScript(command), signal);
  if (!shell.ok) return shell;
  const process = new AdbProcess(link, shell.value);
  const pid = await link.wait(process.started, 'transfer', { signal, limitMs: STALL_MS });
  if (pid.ok && pid.value > 0) return ok(process);
  await process[Symbol.asyncDispose]();
  return pid.ok ? fail('adb-protocol', 'the shell did not begin with its pid') : pid;
}

class AdbProcess implements Process {
  pid = 0;
  readonly output = new Output();
  readonly exit: Promise<Result<number>>;
  /** The pid, as soon as it was printed; 0 when the first line is something else. */
  readonly started: Promise<number>;
  readonly #link: Link;
  readonly #shell: AdbShellProtocolProcess;
  readonly #stdin;
  readonly #exited = new AbortController();
  #settle: (exit: Result<number>) => void = () => undefined;
  #tellPid: (pid: number) => void = () => undefined;
  #firstLine = '';
  #ending: Promise<void> | undefined;

  constructor(link: Link, shell: AdbShellProtocolProcess) {
    this.#link = link;
    this.#shell = shell;
    this.#stdin = shell.stdin.getWriter();
    this.started = new Promise((resolve) => (this.#tellPid = resolve));
    this.exit = new Promise((resolve) => (this.#settle = resolve));
    void this.#follow();
  }

  async write(text: string): Promise<Result<void>> {
    const bytes = new TextEncoder().encode(text);
    // Without a reader the phone never acknowledges: the program's end ends the wait (F3 is `wait`'s).
    return Promise.race([
      this.exit.then((exit) =>
        exit.ok ? fail('command-failed', `ended with exit code ${exit.value}`) : exit,
      ),
      this.#link.wait(this.#stdin.write(bytes), 'transfer'),
    ]);
  }

  async interrupt(): Promise<void> {
    if (this.pid !== 0) await interruptProgram(this.#link, this.pid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  /** F4: only the exit message tells an end from an unplug; the pipes end alike. */
  async #follow(): Promise<void> {
    const pipes = Promise.all([this.#pump('stdout'), this.#pump('stderr')]);
    const exit = await this.#link.wait(this.#shell.exited, 'transfer');
    if (exit.ok) this.#exited.abort();
    this.#settle(exit);
    await this.#link.wait(pipes, 'transfer');
    this.#tellPid(0);
    this.output.end();
  }

  /** F7: reads one pipe to its end, whether or not anybody listens. One decoder per pipe keeps characters whole. */
  async #pump(from: Chunk['from']): Promise<void> {
    const reader = this.#shell[from].getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      this.#take({ from, text });
      if (done) return;
    }
  }

  #take(chunk: Chunk): void {
    const text = chunk.from === 'stdout' ? this.#withoutPid(chunk.text) : chunk.text;
    if (this.output.push({ from: chunk.from, text })) return;
    this.#settle(fail('output-flood', `more than ${MAX_UNREAD_CHARS} characters unread`));
    this.output.end();
    void this[Symbol.asyncDispose]();
  }

  /** Holds stdout back until its first line, the pid, is whole, and takes that line away. */
  #withoutPid(text: string): string {
    if (this.pid !== 0) return text;
    this.#firstLine += text;
    const line = readPidLine(this.#firstLine);
    if (line.is === 'wrong') this.#tellPid(0);
    if (line.is !== 'pid') return '';
    this.pid = line.pid;
    this.#tellPid(line.pid);
    return line.rest;
  }

  async #end(): Promise<void> {
    const { clock, gone } = this.#link;
    if (!this.#exited.signal.aborted) await atMost(clock, PID_MS, this.started);
    if (!gone.aborted && !this.#exited.signal.aborted && this.pid !== 0) {
      const ended = await endProgram(this.#link, this.pid, this.#exited.signal);
      if (!ended) this.#settle(fail('command-failed', `process ${this.pid} did not end`));
      await atMost(clock, EXIT_MS, this.exit);
    }
    ignore(this.#stdin.abort());
    hangUp(this.#shell);
    this.#settle(fail('cancelled', 'closed here'));
  }
}
