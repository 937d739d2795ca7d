import type { Clock } from '../domain/clock';
import { DEVICE_ROOT, type Command, type Device, type Process } from '../domain/device';
import type { OptionValues, Pipeline, RunSetup } from '../domain/pipeline';
import type { PreparedInput } from '../domain/prepare';
import type { Failure } from '../domain/failure';
import { fail, ok, type Result } from '../domain/result';
import type { ParsedEvent, RunEvent } from '../domain/run';
import { Queue } from './queue';

export interface RunInput {
  readonly pipeline: Pipeline;
  readonly setup: RunSetup;
  readonly input: PreparedInput;
  readonly prompt: string;
  readonly options: OptionValues;
}

/** After this long without a word from the runner a run is given up. */
const SILENCE_MS = 5 * 60_000;
/** How long a cancelled answer may take to end before the program is killed. */
const CANCEL_MS = 3000;

interface Program {
  readonly key: string;
  readonly process: Process;
  readonly events: Queue<ParsedEvent>;
  ended: boolean;
}

/** Asks questions on one device. Keeps the program, its model and sent pictures from one question to the next. */
export class Runner implements AsyncDisposable {
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #sent = new Set<string>();
  #program: Program | undefined;
  #nextId = 1;
  /** The command of the running program, for the report. */
  command: Command | undefined;

  constructor(device: Device, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /**
   * One question, one answer. `startMs` is when the person pressed Run (clock time). The last event
   * is `end` or `failed`. Aborting the signal cancels on the device and still ends with one of them.
   * A caller that stops listening earlier ends the program: the next question must not hear this answer.
   */
  async *ask(
    run: RunInput,
    startMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent, void, void> {
    let over = false;
    let heard = false;
    try {
      for await (const event of this.#events(run, signal)) {
        const atMs = this.#clock.now() - startMs;
        if (event.kind === 'text' && !heard)
          yield { kind: 'stat', name: 'ttft_page_ms', value: atMs, source: 'page', atMs };
        heard ||= event.kind === 'text';
        over = event.kind === 'end' || event.kind === 'failed';
        yield { ...event, atMs };
      }
    } finally {
      if (!over) await this.#stop();
    }
  }

  async *#events(run: RunInput, signal: AbortSignal): AsyncGenerator<ParsedEvent, void, void> {
    const begun = this.#clock.now();
    yield { kind: 'phase', phase: 'send' };
    const sending = this.#clock.now();
    const sent = await this.#send(run.input, signal);
    let waited = this.#clock.now() - sending;
    if (!sent.ok) return yield { kind: 'failed', failure: sent.failure };

    const loading = !this.#lives(run);
    const loadingSince = this.#clock.now();
    if (loading) yield { kind: 'phase', phase: 'load' };
    const started = await this.#start(run, signal);
    if (!started.ok) return yield { kind: 'failed', failure: started.failure };
    const program = started.value;
    const failure = yield* loading ? this.#load(program, signal) : late(program);
    if (failure) {
      await this.#stop();
      return yield { kind: 'failed', failure };
    }
    if (signal.aborted) return yield { kind: 'failed', failure: { code: 'cancelled' } };

    if (loading) waited += this.#clock.now() - loadingSince;
    const id = this.#nextId++;
    const written = await program.process.write(
      run.pipeline.request({ id, imagePath: sent.value, prompt: run.prompt, options: run.options }),
    );
    if (!written.ok) {
      await this.#stop();
      return yield { kind: 'failed', failure: written.failure };
    }
    const overhead = this.#clock.now() - begun - waited;
    yield { kind: 'stat', name: 'host_overhead_ms', value: overhead, source: 'page' };
    yield { kind: 'phase', phase: 'encode' };
    yield* this.#answer(run.pipeline, program, id, signal);
  }

  /** Passes on what a starting program says until it is ready; returns why it will not be. */
  async *#load(
    program: Program,
    signal: AbortSignal,
  ): AsyncGenerator<ParsedEvent, Failure | undefined, void> {
    for (;;) {
      const event = await this.#next(program, signal, SILENCE_MS);
      if (!event.ok) return event.failure;
      if (event.value.kind === 'failed') return event.value.failure;
      yield event.value;
      if (event.value.kind === 'ready') return undefined;
    }
  }

  async *#answer(
    pipeline: Pipeline,
    program: Program,
    id: number,
    signal: AbortSignal,
  ): AsyncGenerator<ParsedEvent, void, void> {
    /** When a cancelled answer must be over, however much it goes on saying. */
    let deadlineMs: number | undefined;
    for (;;) {
      if (signal.aborted && deadlineMs === undefined) {
        deadlineMs = this.#clock.now() + CANCEL_MS;
        // Not awaited: a program that does not read its stdin must not hold up its own end.
        void program.process.write(pipeline.cancel(id));
      }
      const event =
        deadlineMs === undefined
          ? await this.#next(program, signal, SILENCE_MS)
          : await this.#next(program, NEVER, deadlineMs - this.#clock.now());
      if (!event.ok && signal.aborted && deadlineMs === undefined) continue;
      if (!event.ok) {
        await this.#stop();
        const failure = signal.aborted ? ({ code: 'cancelled' } as const) : event.failure;
        return yield { kind: 'failed', failure };
      }
      yield event.value;
      if (event.value.kind === 'end' || event.value.kind === 'failed') return;
    }
  }

  /** Sends the picture once; returns its path on the device. */
  async #send(input: PreparedInput, signal: AbortSignal): Promise<Result<string>> {
    const output = input.outputs[0];
    if (!output) throw new Error('a prepared input has at least one output');
    const path = `${DEVICE_ROOT}/runs/${output.sha256}${output.dtype === 'png' ? '.png' : '.raw'}`;
    if (this.#sent.has(path)) return ok(path);
    const source = new Blob([output.data as Uint8Array<ArrayBuffer>]).stream();
    const pushing = this.#device.push({ path, source, mode: 0o644 }, signal);
    for (;;) {
      const step = await pushing.next();
      if (!step.done) continue;
      if (!step.value.ok) return step.value;
      this.#sent.add(path);
      return ok(path);
    }
  }

  #lives(run: RunInput): boolean {
    return this.#program?.key === keyOf(run) && !this.#program.ended;
  }

  async #start(run: RunInput, signal: AbortSignal): Promise<Result<Program>> {
    if (this.#program && this.#lives(run)) return ok(this.#program);
    await this.#stop();
    this.command = run.pipeline.command(run.setup);
    const spawned = await this.#device.spawn(this.command, signal);
    if (!spawned.ok) return spawned;
    const program: Program = {
      key: keyOf(run),
      process: spawned.value,
      events: new Queue(),
      ended: false,
    };
    this.#program = program;
    void pump(program, run.pipeline);
    return ok(program);
  }

  /** The program's next event; `cancelled` when there is none and the signal is aborted; `runner-timeout`. */
  async #next(
    program: Program,
    signal: AbortSignal,
    patienceMs: number,
  ): Promise<Result<ParsedEvent>> {
    const here = patienceMs > 0 ? program.events.poll() : undefined;
    if (here) return ok(here);
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    await Promise.race([program.events.arrival(both), this.#clock.sleep(patienceMs, both)]);
    over.abort();
    const came = patienceMs > 0 ? program.events.poll() : undefined;
    if (came) return ok(came);
    return signal.aborted
      ? fail('cancelled')
      : fail('runner-timeout', `no word from the runner for ${patienceMs / 1000} s`);
  }

  async #stop(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.process[Symbol.asyncDispose]();
  }

  /** Ends the program and deletes the pictures that were sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    const paths = [...this.#sent];
    this.#sent.clear();
    if (paths.length)
      await this.#device.shell(`rm -f ${paths.join(' ')}`, AbortSignal.timeout(3000));
  }
}

const NEVER = new AbortController().signal;

/** What a program said after its last answer. Only its log belongs to anybody. */
function* late(program: Program): Generator<ParsedEvent, undefined, void> {
  for (let event = program.events.poll(); event; event = program.events.poll())
    if (event.kind === 'log') yield event;
  return undefined;
}

/** What makes a program reusable for a run: the same command. */
const keyOf = (run: RunInput) => JSON.stringify(run.pipeline.command(run.setup));

/** Reads the program until it ends, then says what its end means. */
async function pump(program: Program, pipeline: Pipeline): Promise<void> {
  const parser = pipeline.parser();
  for await (const { from, text } of program.process.output)
    program.events.put(parser.push(text, from));
  const exit = await program.process.exit;
  program.ended = true;
  const crashed = (exitCode: number): ParsedEvent => ({
    kind: 'failed',
    failure: { code: 'runner-crashed', detail: `the program ended with exit code ${exitCode}` },
  });
  program.events.put(
    exit.ok
      ? [...parser.end(exit.value), crashed(exit.value)]
      : [{ kind: 'failed', failure: exit.failure }],
  );
}
