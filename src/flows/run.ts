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
   */
  async *ask(
    run: RunInput,
    startMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent, void, void> {
    const stamp = (event: ParsedEvent): RunEvent => ({
      ...event,
      atMs: this.#clock.now() - startMs,
    });
    const failed = (failure: Failure) => stamp({ kind: 'failed', failure });

    yield stamp({ kind: 'phase', phase: 'send' });
    const sent = await this.#send(run.input, signal);
    if (!sent.ok) return yield failed(sent.failure);

    const loading = !this.#lives(run);
    if (loading) yield stamp({ kind: 'phase', phase: 'load' });
    const started = await this.#start(run, signal);
    if (!started.ok) return yield failed(started.failure);
    const program = started.value;
    if (loading)
      for (;;) {
        const event = await this.#next(program, signal, SILENCE_MS);
        if (!event.ok) {
          await this.#stop();
          return yield failed(event.failure);
        }
        yield stamp(event.value);
        if (event.value.kind === 'failed') return await this.#stop();
        if (event.value.kind === 'ready') break;
      }

    const id = this.#nextId++;
    const before = this.#clock.now();
    const written = await program.process.write(
      run.pipeline.request({ id, imagePath: sent.value, prompt: run.prompt, options: run.options }),
    );
    if (!written.ok) return yield failed(written.failure);
    const overhead = this.#clock.now() - before;
    yield stamp({ kind: 'stat', name: 'host_overhead_ms', value: overhead, source: 'page' });
    yield stamp({ kind: 'phase', phase: 'encode' });
    yield* this.#answer(run.pipeline, program, id, stamp, signal);
  }

  async *#answer(
    pipeline: Pipeline,
    program: Program,
    id: number,
    stamp: (event: ParsedEvent) => RunEvent,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent, void, void> {
    let first = true;
    let stopping = false;
    for (;;) {
      if (signal.aborted && !stopping) {
        stopping = true;
        await program.process.write(pipeline.cancel(id));
      }
      const patience = stopping ? CANCEL_MS : SILENCE_MS;
      const event = await this.#next(program, stopping ? NEVER : signal, patience);
      if (!event.ok && signal.aborted && !stopping) continue;
      if (!event.ok) {
        await this.#stop();
        const failure = stopping ? ({ code: 'cancelled' } as const) : event.failure;
        return yield stamp({ kind: 'failed', failure });
      }
      const stamped = stamp(event.value);
      if (stamped.kind === 'text' && first) {
        first = false;
        yield stamp({ kind: 'stat', name: 'ttft_page_ms', value: stamped.atMs, source: 'page' });
      }
      yield stamped;
      if (stamped.kind === 'end' || stamped.kind === 'failed') return;
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

  /** The program's next event, or `cancelled`, or `runner-timeout`. */
  async #next(
    program: Program,
    signal: AbortSignal,
    patienceMs: number,
  ): Promise<Result<ParsedEvent>> {
    const here = program.events.poll();
    if (here) return ok(here);
    const waiting = new AbortController();
    const both = AbortSignal.any([signal, waiting.signal]);
    const taken = program.events.take(both).then(
      (event) => ok(event),
      () => fail('cancelled'),
    );
    const late = this.#clock
      .sleep(patienceMs, both)
      .then(() =>
        signal.aborted
          ? fail('cancelled')
          : fail('runner-timeout', `no word from the runner for ${patienceMs / 1000} s`),
      );
    const result = await Promise.race([taken, late]);
    waiting.abort(new Error('enough'));
    return result;
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

/** What makes a program reusable for a run: the same command. */
const keyOf = (run: RunInput) => JSON.stringify(run.pipeline.command(run.setup));

/** Reads the program until it ends, then says what its end means. */
async function pump(program: Program, pipeline: Pipeline): Promise<void> {
  const parser = pipeline.parser();
  for await (const { from, text } of program.process.output)
    program.events.put(...parser.push(text, from));
  const exit = await program.process.exit;
  program.ended = true;
  if (!exit.ok) program.events.put({ kind: 'failed', failure: exit.failure });
  else
    program.events.put(...parser.end(exit.value), {
      kind: 'failed',
      failure: { code: 'runner-crashed', detail: `the program ended with exit code ${exit.value}` },
    });
}
