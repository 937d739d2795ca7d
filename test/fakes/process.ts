import type { Chunk, Command, Process } from '../../src/domain/device';
import { ok, type Result } from '../../src/domain/result';

/** A program whose words are the test's. Disposing it kills it, as the real adapter does: exit code 143. */
export class FakeProcess implements Process {
  readonly pid: number;
  readonly command: Command;
  readonly output: AsyncIterable<Chunk>;
  readonly exit: Promise<Result<number>>;
  /** Lines that reached stdin. */
  readonly lines: string[] = [];
  /** Called for each line that reaches stdin. */
  onLine: (line: string) => void = () => undefined;
  /** What `write()` answers; a failure is not delivered. */
  writeResult: Result<void> = ok();
  killed = false;
  #over = false;
  #controller!: ReadableStreamDefaultController<Chunk>;
  #settle!: (exit: Result<number>) => void;

  constructor(pid: number, command: Command) {
    this.pid = pid;
    this.command = command;
    this.output = new ReadableStream<Chunk>({ start: (c) => void (this.#controller = c) });
    this.exit = new Promise((resolve) => (this.#settle = resolve));
  }

  get running(): boolean {
    return !this.#over;
  }

  print(text: string, from: Chunk['from'] = 'stdout'): void {
    if (!this.#over) this.#controller.enqueue({ from, text });
  }

  /** One protocol line on stdout. */
  say(event: Readonly<Record<string, unknown>>): void {
    this.print(`${JSON.stringify(event)}\n`);
  }

  end(exit: Result<number>): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.close();
    this.#settle(exit);
  }

  async write(text: string): Promise<Result<void>> {
    if (!this.writeResult.ok) return this.writeResult;
    for (const line of text.split('\n').filter(Boolean)) {
      this.lines.push(line);
      this.onLine(line);
    }
    return ok();
  }

  /** What SIGINT does; unless the test says otherwise, nothing. */
  onInterrupt: () => void = () => undefined;

  async interrupt(): Promise<void> {
    this.onInterrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killed ||= this.running;
    this.end(ok(143));
  }
}
