import type { Clock } from '../domain/clock';
import { DEVICE_ROOT, type Command, type Device } from '../domain/device';
import type { OptionValues, Pipeline, RunSetup, StepPipeline } from '../domain/pipeline';
import type { PreparedInput } from '../domain/prepare';
import type { ParsedEvent, RunEvent } from '../domain/run';
import type { HostTools } from '../domain/workbench';
import { PhoneBench } from './bench';
import { Sent } from './sent';
import { Server, type ServingRun } from './serve';

export interface RunInput {
  readonly pipeline: Pipeline;
  readonly setup: RunSetup;
  /** Undefined for a pipeline that reads text alone. */
  readonly input: PreparedInput | undefined;
  readonly prompt: string;
  /** Earlier questions of the same conversation, for pipelines that keep one. */
  readonly earlier?: readonly string[];
  readonly options: OptionValues;
}
type StepRun = RunInput & { readonly pipeline: StepPipeline };

/** Asks questions on one device. Keeps the program, its model and sent pictures from one question to the next. */
export class Runner implements AsyncDisposable {
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #tools: HostTools;
  readonly #sent: Sent;
  readonly #server: Server;
  #nextRun = 1;
  /** The commands of the last run, for the report. */
  commands: readonly Command[] = [];

  constructor(device: Device, clock: Clock, tools: HostTools) {
    this.#device = device;
    this.#clock = clock;
    this.#tools = tools;
    this.#sent = new Sent(device);
    this.#server = new Server({ device, clock }, this.#sent);
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
        if (over) return;
      }
    } finally {
      if (!over) await this.#server.stop();
    }
  }

  #events(run: RunInput, signal: AbortSignal): AsyncGenerator<ParsedEvent, void, void> {
    this.commands = []; // a question that is refused runs none
    if (isSteps(run)) return this.#steps(run, signal);
    return this.#serve(run as ServingRun, signal);
  }

  async *#serve(run: ServingRun, signal: AbortSignal): AsyncGenerator<ParsedEvent, void, void> {
    const fits = await run.pipeline.check?.(run, this.#tools, signal);
    if (fits?.ok === false) return yield { kind: 'failed', failure: fits.failure };
    this.commands = [run.pipeline.command(run.setup)];
    yield* this.#server.ask(run, signal);
  }

  async *#steps(run: StepRun, signal: AbortSignal): AsyncGenerator<ParsedEvent, void, void> {
    await this.#server.stop(); // its model would take the memory
    const { pipeline, setup, input, options } = run;
    if (!input) throw new Error('every step pipeline reads a picture');
    const job = { setup, input, earlier: run.earlier ?? [], prompt: run.prompt, options };
    const budget = await pipeline.budget(job, this.#tools, signal);
    if (!budget.ok) return yield { kind: 'failed', failure: budget.failure };
    yield { kind: 'phase', phase: 'send' };
    const phone = { device: this.#device, clock: this.#clock, sent: this.#sent };
    const names = { run: `run-${this.#nextRun++}`, state: 'state' };
    const opened = await PhoneBench.open(phone, names, signal);
    if (!opened.ok) return yield { kind: 'failed', failure: opened.failure };
    await using bench = opened.value;
    this.commands = bench.commands;
    const done = yield* pipeline.run(job, budget.value, bench, this.#tools, signal);
    if (!done.ok) yield { kind: 'failed', failure: done.failure };
  }

  /** Ends the program and deletes what was sent and kept for runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#sent.remove();
    if (this.#nextRun > 1)
      await this.#device.shell(`rm -rf ${DEVICE_ROOT}/runs/state`, AbortSignal.timeout(3000));
  }
}

const isSteps = (run: RunInput): run is StepRun => run.pipeline.kind === 'steps';
