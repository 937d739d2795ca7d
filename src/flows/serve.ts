import type { Clock } from '../domain/clock';
import type { Device } from '../domain/device';
import type { Failure } from '../domain/failure';
import type { ServingPipeline } from '../domain/pipeline';
import { ok, type Result } from '../domain/result';
import type { ParsedEvent } from '../domain/run';
import { CANCEL_MS, Program, type Said } from './program';
import type { RunInput } from './run';
import type { Sent } from './sent';

/** A run on a program that takes many questions. */
export type ServingRun = RunInput & { readonly pipeline: ServingPipeline };

/** Asks a program that stays: it and its model are kept from one question to the next. */
export class Server implements AsyncDisposable {
  readonly #phone: { readonly device: Device; readonly clock: Clock };
  readonly #sent: Sent;
  #program: Program | undefined;
  #key = '';
  #nextId = 1;

  constructor(phone: { readonly device: Device; readonly clock: Clock }, sent: Sent) {
    this.#phone = phone;
    this.#sent = sent;
  }

  async *ask(run: ServingRun, signal: AbortSignal): AsyncGenerator<ParsedEvent, void, void> {
    const { clock } = this.#phone;
    const begun = clock.now();
    yield { kind: 'phase', phase: 'send' };
    const sending = clock.now();
    const sent = await this.#send(run, signal);
    let waited = clock.now() - sending;
    if (!sent.ok) return yield { kind: 'failed', failure: sent.failure };

    const loading = !this.#lives(run);
    const loadingSince = clock.now();
    if (loading) yield { kind: 'phase', phase: 'load' };
    const started = await this.#start(run, signal);
    if (!started.ok) return yield { kind: 'failed', failure: started.failure };
    const program = started.value;
    const failure = yield* loading ? this.#load(program, signal) : late(program);
    if (failure) {
      await this.stop();
      return yield { kind: 'failed', failure };
    }
    if (signal.aborted) return yield { kind: 'failed', failure: { code: 'cancelled' } };

    if (loading) waited += clock.now() - loadingSince;
    const id = this.#nextId++;
    const written = await program.process.write(
      run.pipeline.request({ id, imagePath: sent.value, prompt: run.prompt, options: run.options }),
    );
    if (!written.ok) {
      await this.stop();
      return yield { kind: 'failed', failure: written.failure };
    }
    const overhead = clock.now() - begun - waited;
    yield { kind: 'stat', name: 'host_overhead_ms', value: overhead, source: 'page' };
    yield { kind: 'phase', phase: run.pipeline.pictures === false ? 'prefill' : 'encode' };
    yield* this.#answer(run.pipeline, program, id, signal);
  }

  /** Path of the picture on the phone; empty for a pipeline that reads none. */
  async #send({ pipeline, input }: ServingRun, signal: AbortSignal): Promise<Result<string>> {
    if (pipeline.pictures === false) return ok('');
    const output = input?.outputs[0];
    if (!output) throw new Error('a prepared input has at least one output');
    return this.#sent.send(output, signal);
  }

  /** Passes on what a starting program says until it is ready; returns why it will not be. */
  async *#load(
    program: Program,
    signal: AbortSignal,
  ): AsyncGenerator<ParsedEvent, Failure | undefined, void> {
    for (;;) {
      const said = await program.next(signal);
      if (!said.ok) return said.failure;
      const event = toEvent(said.value);
      if (event.kind === 'failed') return event.failure;
      yield event;
      if (event.kind === 'ready') return undefined;
    }
  }

  async *#answer(
    pipeline: ServingPipeline,
    program: Program,
    id: number,
    signal: AbortSignal,
  ): AsyncGenerator<ParsedEvent, void, void> {
    const { clock } = this.#phone;
    /** When a cancelled answer must be over, however much it goes on saying. */
    let deadlineMs: number | undefined;
    for (;;) {
      if (signal.aborted && deadlineMs === undefined) {
        const line = pipeline.cancel(id);
        if (line === '') {
          await this.stop();
          return yield { kind: 'failed', failure: { code: 'cancelled' } };
        }
        deadlineMs = clock.now() + CANCEL_MS;
        // Not awaited: a program that does not read its stdin must not hold up its own end.
        void program.process.write(line);
      }
      const said =
        deadlineMs === undefined
          ? await program.next(signal)
          : await program.next(NEVER, deadlineMs - clock.now());
      if (!said.ok && signal.aborted && deadlineMs === undefined) continue;
      if (!said.ok) {
        await this.stop();
        const failure = signal.aborted ? ({ code: 'cancelled' } as const) : said.failure;
        return yield { kind: 'failed', failure };
      }
      const event = toEvent(said.value);
      yield event;
      if (event.kind === 'end' || event.kind === 'failed') return;
    }
  }

  #lives(run: ServingRun): boolean {
    return this.#program !== undefined && !this.#program.ended && this.#key === keyOf(run);
  }

  async #start(run: ServingRun, signal: AbortSignal): Promise<Result<Program>> {
    if (this.#program && this.#lives(run)) return ok(this.#program);
    await this.stop();
    const command = run.pipeline.command(run.setup);
    const started = await Program.start(this.#phone, command, run.pipeline.parser(), signal);
    if (!started.ok) return started;
    this.#key = keyOf(run);
    this.#program = started.value;
    return started;
  }

  /** Ends the program. */
  async stop(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const NEVER = new AbortController().signal;

/** A program that should have stayed. Why it could not load or go on, its parser has said before. */
function toEvent(said: Said): ParsedEvent {
  if (said.kind !== 'exited') return said;
  if (!said.exit.ok) return { kind: 'failed', failure: said.exit.failure };
  const detail = `the program ended with exit code ${said.exit.value}`;
  return { kind: 'failed', failure: { code: 'runner-crashed', detail } };
}

/** What a program said after its last answer. Only its log belongs to anybody. */
function* late(program: Program): Generator<ParsedEvent, undefined, void> {
  for (let said = program.poll(); said; said = program.poll()) if (said.kind === 'log') yield said;
  return undefined;
}

/** What makes a program reusable for a run: the same command. */
const keyOf = (run: ServingRun) => JSON.stringify(run.pipeline.command(run.setup));
