import type { Clock } from '../domain/clock';
import type { Command, Device, Process } from '../domain/device';
import type { OutputParser } from '../domain/pipeline';
import { fail, ok, type Result } from '../domain/result';
import type { ParsedEvent } from '../domain/run';
import { Queue } from './queue';

/** After this long without a word from the runner a run is given up. */
export const SILENCE_MS = 5 * 60_000;
/** How long a cancelled answer may take to end before the program is killed. */
export const CANCEL_MS = 3000;
/** A program that printed this much is broken: upstream's chat loop prints for ever when its stdin ends. */
const MAX_OUTPUT_CHARS = 64 << 20;

/** What a running program says; `exited` is always its last word. */
export type Said = ParsedEvent | { readonly kind: 'exited'; readonly exit: Result<number> };

/** Reads the result files of a program that has ended, for its parser. */
export type ResultFiles = () => Promise<Readonly<Record<string, string>>>;

/** A program on the phone whose output is read by a parser from its first character to its exit code. */
export class Program implements AsyncDisposable {
  readonly command: Command;
  readonly process: Process;
  readonly #clock: Clock;
  readonly #events = new Queue<Said>();
  ended = false;

  private constructor(command: Command, process: Process, clock: Clock) {
    this.command = command;
    this.process = process;
    this.#clock = clock;
  }

  static async start(
    { device, clock }: { readonly device: Device; readonly clock: Clock },
    command: Command,
    parser: OutputParser,
    signal: AbortSignal,
    files: ResultFiles = async () => ({}),
  ): Promise<Result<Program>> {
    const spawned = await device.spawn(command, signal);
    if (!spawned.ok) return spawned;
    const program = new Program(command, spawned.value, clock);
    void program.#read(parser, files);
    return ok(program);
  }

  /** The next thing it said; `cancelled` when there is none and the signal is aborted; `runner-timeout`. */
  async next(signal: AbortSignal, patienceMs = SILENCE_MS): Promise<Result<Said>> {
    const here = patienceMs > 0 ? this.poll() : undefined;
    if (here) return ok(here);
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    await Promise.race([this.#events.arrival(both), this.#clock.sleep(patienceMs, both)]);
    over.abort();
    const came = patienceMs > 0 ? this.poll() : undefined;
    if (came) return ok(came);
    return signal.aborted
      ? fail('cancelled')
      : fail('runner-timeout', `no word from the runner for ${patienceMs / 1000} s`);
  }

  /** What it has said already, if anything. */
  poll(): Said | undefined {
    return this.#events.poll();
  }

  async #read(parser: OutputParser, files: ResultFiles): Promise<void> {
    let chars = 0;
    for await (const { from, text } of this.process.output) {
      chars += text.length;
      if (chars > MAX_OUTPUT_CHARS) return this.#flooded();
      this.#events.put(parser.push(text, from));
    }
    const exit = await this.process.exit;
    this.ended = true;
    if (exit.ok) this.#events.put(parser.end(exit.value, await files()));
    this.#events.put([{ kind: 'exited', exit }]);
  }

  async #flooded(): Promise<void> {
    this.ended = true;
    const exit = fail(
      'output-flood',
      `the program printed more than ${MAX_OUTPUT_CHARS} characters`,
    );
    this.#events.put([{ kind: 'exited', exit }]);
    await this.process[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
