import type { Clock } from '../../domain/clock';
import { readGgufHeader, GGUF_HEAD_BYTES } from '../../domain/gguf';
import {
  PROTOCOL_VERSION,
  type GenerateRequest,
  type RunnerEvent,
} from '../../domain/runner-protocol';
import { EngineFault, type Engine, type LoadEngine } from './engine';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import type { Program, ProgramIo } from './process';
import { RequestLines } from './request-lines';
import { parseArgs, type RunnerArgs } from './runner-args';

export interface RunnerHost {
  readonly clock: Clock;
  readonly load: LoadEngine;
  /** The scripted trouble counts tokens. */
  answerBegins(): void;
  tokenSaid(): void;
}

/** The program behind `#!plugsight-wasm llama-runner 1`: speaks docs/runner-protocol.md, infers with an engine. */
export const llamaRunner =
  (host: RunnerHost): Program =>
  async (io) => {
    const say = (event: object) => io.print(`${JSON.stringify(event)}\n`);
    const args = parseArgs(io.argv);
    if (typeof args === 'string') {
      await say({ event: 'error', request: null, code: 'args', message: args });
      return 1;
    }
    let engine: Engine;
    try {
      engine = await start(args, io, host, say);
    } catch (fault) {
      if (!(fault instanceof EngineFault)) throw fault;
      await say({ event: 'error', request: null, code: fault.code, message: fault.message });
      return 1;
    }
    try {
      return await new Server(engine, io, host, say).run();
    } finally {
      engine.close();
    }
  };

type Say = (event: Loose) => Promise<unknown>;
/** An event as it is printed: what a schema fills in may be missing. */
type Loose = { readonly event: RunnerEvent['event'] } & Readonly<Record<string, unknown>>;

async function start(
  args: RunnerArgs,
  io: ProgramIo,
  { clock, load }: RunnerHost,
  say: Say,
): Promise<Engine> {
  const began = clock.now();
  const language = openModel(io.files, args.model, 'language');
  const vision = openModel(io.files, args.mmproj, 'vision');
  const engine = await load({ language, vision, context: args.context }, io.killed);
  if (engine.facts.threads !== args.threads)
    await io.warn(
      `threads: ${engine.facts.threads} of ${args.threads}: WASM without shared memory\n`,
    );
  // wllama hands out the text's embeddings only, after the language model; not what the vision encoder computes
  if (args.dump) await io.warn('--dump: this engine gives no embeddings of pictures\n');
  await say({
    event: 'ready',
    protocol: PROTOCOL_VERSION,
    ...engine.facts,
    bytes: language.size + vision.size,
    load_ms: clock.now() - began,
    // contained in load_ms
    load_vision_ms: null,
  });
  return engine;
}

/** The file as a Blob, if it looks like a GGUF of the right kind. "clip" is what llama.cpp calls every mmproj. */
function openModel(files: PhoneFiles, path: string, kind: 'language' | 'vision'): Blob {
  const blob = readBlob(files, path, 'model');
  const head = headOf(files.read(path), Math.min(GGUF_HEAD_BYTES, blob.size));
  const header = readGgufHeader(head, blob.size);
  if (!header.ok)
    throw new EngineFault('model', `${path} is not a GGUF model: ${header.failure.detail ?? ''}`);
  const { architecture } = header.value;
  if ((architecture === 'clip') !== (kind === 'vision'))
    throw new EngineFault(
      'model',
      `${path} is no ${kind} model: its architecture is ${architecture}`,
    );
  return blob;
}

function readBlob(files: PhoneFiles, path: string, code: 'model' | 'image'): Blob {
  try {
    return new Blob(files.read(path) as Uint8Array<ArrayBuffer>[]);
  } catch (fault) {
    if (fault instanceof FileFault) throw new EngineFault(code, `${path}: ${fault.text}`);
    throw fault;
  }
}

function headOf(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const head = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    if (at >= bytes) break;
    const part = chunk.subarray(0, bytes - at);
    head.set(part, at);
    at += part.length;
  }
  return head;
}

interface Waiting {
  readonly request: GenerateRequest;
  readonly arrivedMs: number;
  readonly cancelled: AbortController;
}

/** Serves requests one after the other; reads stdin all the while, so that a cancel arrives in the middle. */
class Server {
  readonly #engine: Engine;
  readonly #io: ProgramIo;
  readonly #host: RunnerHost;
  readonly #say: Say;
  readonly #queue: Waiting[] = [];
  #working: Promise<void> = Promise.resolve();
  readonly #crashed = new AbortController();

  constructor(engine: Engine, io: ProgramIo, host: RunnerHost, say: Say) {
    this.#engine = engine;
    this.#io = io;
    this.#host = host;
    this.#say = say;
  }

  /** Runs until quit, end of stdin (then the waiting requests are answered first) or a crash. */
  async run(): Promise<number> {
    this.#io.killed.addEventListener('abort', () => this.#engine.close(), { once: true });
    const lines = new RequestLines();
    const crashed = new Promise<undefined>((resolve) =>
      this.#crashed.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    );
    for (;;) {
      const bytes = await Promise.race([this.#io.read(), crashed]);
      if (!bytes) break;
      for (const line of lines.push(bytes)) {
        if (line.is === 'wrong') await this.#refuse(line.id, 'request', line.message);
        else if (line.request.cmd === 'generate') this.#enqueue(line.request);
        else if (line.request.cmd === 'cancel') this.#cancel(line.request.request);
        else return this.#quit();
      }
    }
    await this.#working;
    return this.#exitCode();
  }

  async #quit(): Promise<number> {
    for (const { cancelled } of this.#queue) cancelled.abort();
    await this.#working;
    return this.#exitCode();
  }

  #exitCode = () => (this.#crashed.signal.aborted ? CRASHED : 0);

  #enqueue(request: GenerateRequest): void {
    const arrivedMs = this.#host.clock.now();
    const waiting = { request, arrivedMs, cancelled: new AbortController() };
    this.#queue.push(waiting);
    this.#working = this.#working.then(() => this.#serve(waiting));
  }

  #cancel(id: number): void {
    this.#queue.find(({ request }) => request.request === id)?.cancelled.abort();
  }

  async #serve(waiting: Waiting): Promise<void> {
    const { request } = waiting.request;
    try {
      if (!this.#crashed.signal.aborted && !this.#io.killed.aborted) await this.#answer(waiting);
    } catch (fault) {
      if (!(fault instanceof EngineFault)) throw fault;
      await this.#refuse(request, fault.code, fault.message);
      if (fault.fatal) this.#crashed.abort();
    } finally {
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
    }
  }

  async #answer({ request, arrivedMs, cancelled }: Waiting): Promise<void> {
    const { clock } = this.#host;
    const image = readBlob(this.#io.files, request.image, 'image');
    const since = () => clock.now() - arrivedMs;
    const id = request.request;
    let text = '';
    let firstMs: number | null = null;
    this.#host.answerBegins();
    for await (const part of this.#engine.answer(request, image, cancelled.signal)) {
      if (this.#io.killed.aborted) return;
      // only the last line is awaited: the model need not wait for the cable, nor the clock
      if (part.kind === 'prompt') {
        // picture decoding and encoding are contained in prefill_ms: llama-server does not split them
        const unknown = { load_image_ms: null, vision_ms: null };
        void this.#say({ event: 'prompt', request: id, ...part.figures, ...unknown });
      } else if (part.kind === 'token') {
        const t_ms = since();
        firstMs ??= t_ms;
        text += part.text;
        void this.#say({ event: 'token', request: id, id: part.id, text: part.text, t_ms });
        this.#host.tokenSaid();
      } else {
        const { tokens, finish, decodeMs } = part;
        await this.#say({
          event: 'done',
          request: id,
          finish,
          text,
          tokens,
          first_token_ms: firstMs,
          decode_ms: decodeMs,
          tokens_per_s: decodeMs ? ((tokens - 1) / decodeMs) * 1000 : null,
          total_ms: since(),
          // a page cannot see how much memory its WASM really uses
          peak_rss_kb: null,
        });
      }
    }
  }

  #refuse(request: number | null, code: string, message: string): Promise<unknown> {
    return this.#say({ event: 'error', request, code, message });
  }
}

/** What a program that aborts leaves: 128 + SIGABRT. */
const CRASHED = 134;
