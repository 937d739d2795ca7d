import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  RunnerEventSchema,
  type RunnerEvent,
  type RunnerRequest,
} from '../../src/domain/runner-protocol';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'device-payload/llama-runner/build');
export const MODEL = join(ROOT, 'device-payload/tiny-vlm/language.gguf');
export const MMPROJ = join(ROOT, 'device-payload/tiny-vlm/vision.gguf');
export const GOLDEN = join(ROOT, 'test/golden/tiny-vlm');
export const picture = (name: string) => join(GOLDEN, name);

/** Path of a program that `npm run payload:build` made, for example of "x86_64" or "arm64-v8a-dotprod". */
export const programOf = (build: string) => join(BUILT, build, 'llama-runner');

/** Why this computer cannot run the program; nothing when it can. */
export function whyNot(build: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (!existsSync(programOf(build))) return 'not built: npm run payload:build';
  const flags = readFileSync('/proc/cpuinfo', 'utf8');
  if (build === 'x86_64-avx2' && !/\bavx2\b/.test(flags)) return 'this processor has no AVX2';
  return undefined;
}

export type Event<Kind extends RunnerEvent['event']> = RunnerEvent & { readonly event: Kind };
export type Ask = Partial<Extract<RunnerRequest, { cmd: 'generate' }>>;

/** All that was said about one question. */
export interface Answer {
  readonly prompt: (Event<'prompt'> & { readonly image_cached?: boolean }) | undefined;
  readonly tokens: readonly Event<'token'>[];
  readonly end: Event<'done'> | Event<'error'>;
  readonly text: string;
}

export interface StartOptions {
  /** Put before the program: an emulator. */
  readonly before?: readonly string[];
  readonly model?: string;
  readonly mmproj?: string;
  readonly more?: readonly string[];
}

/** A running program, driven as the page drives it. Every line it prints must be an event of the protocol. */
export class NativeRunner implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: RunnerEvent[] = [];
  readonly #wake: (() => void)[] = [];
  #read = 0;
  #ended = false;
  #fault: Error | undefined;
  #nextId = 1;
  stderr = '';
  /** Exit code, or the signal's name. */
  readonly exit: Promise<number | string>;

  constructor(program: string, options: StartOptions = {}) {
    const { before = [], model = MODEL, mmproj = MMPROJ, more = [] } = options;
    const threads = ['--threads', '1', '--ctx', '512', '--serve'];
    const [command = program, ...args] = [...before, program];
    this.#child = spawn(command, [
      ...args,
      ...['--model', model, '--mmproj', mmproj],
      ...threads,
      ...more,
    ]);
    this.exit = new Promise((resolve) =>
      this.#child.on('close', (code, signal) => {
        this.#ended = true;
        this.#stir();
        resolve(code ?? signal ?? -1);
      }),
    );
    this.#child.stdin.on('error', () => undefined); // it ended; `exit` tells
    this.#child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#listen();
  }

  #listen(): void {
    let rest = Buffer.alloc(0);
    this.#child.stdout.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        this.#take(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
      this.#stir();
    });
  }

  #take(line: Uint8Array): void {
    try {
      const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
      const event = v.parse(RunnerEventSchema, json);
      // Fields beyond the schema are kept: it drops what it does not know.
      this.#events.push({ ...(json as object), ...event });
    } catch (reason) {
      this.#fault = new Error(`not an event: ${Buffer.from(line).toString('latin1')}`, {
        cause: reason,
      });
    }
  }

  #stir(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** The next event; throws when the program ends instead. */
  async next(): Promise<RunnerEvent> {
    for (;;) {
      if (this.#fault) throw this.#fault;
      const event = this.#events[this.#read];
      if (event) {
        this.#read += 1;
        return event;
      }
      if (this.#ended) throw new Error(`the program ended: ${this.stderr.slice(-2000)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The next event, which must be of this kind. */
  async expect<Kind extends RunnerEvent['event']>(kind: Kind): Promise<Event<Kind>> {
    const event = await this.next();
    if (event.event !== kind) throw new Error(`${kind} expected, but: ${JSON.stringify(event)}`);
    return event as Event<Kind>;
  }

  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }
  send(request: RunnerRequest): void {
    this.write(JSON.stringify(request));
  }

  /** Sends a question and returns its id. */
  ask(given: Ask = {}): number {
    const request = this.#nextId++;
    const usual = { image: picture('0000.png'), prompt: 'Describe the picture.' };
    this.send({ ...usual, ...given, cmd: 'generate', request });
    return request;
  }

  /** Everything about this question, which must be the next that is answered. */
  async answer(request: number): Promise<Answer> {
    const tokens: Event<'token'>[] = [];
    let prompt: Event<'prompt'> | undefined;
    for (;;) {
      const event = await this.next();
      if (event.event === 'ready' || event.request !== request)
        throw new Error(`an event of question ${request} expected, but: ${JSON.stringify(event)}`);
      if (event.event === 'prompt') prompt = event;
      else if (event.event === 'token') tokens.push(event);
      else return { prompt, tokens, end: event, text: event.event === 'done' ? event.text : '' };
    }
  }

  put(given: Ask = {}): Promise<Answer> {
    return this.answer(this.ask(given));
  }

  endInput(): void {
    this.#child.stdin.end();
  }
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL');
    await this.exit;
  }
}
