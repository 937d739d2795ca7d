import type { ChatCompletionChunk, ChatCompletionParams, Wllama } from '@wllama/wllama';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import type { GenerateRequest } from '../../domain/runner-protocol';
import { EngineFault, type AnswerPart, type Engine, type LoadEngine } from './engine';

/** Loads llama.cpp (WASM) and a model. One thread, no GPU: the same arithmetic everywhere, and no special page headers. */
export const loadWllama: LoadEngine = async ({ language, vision, context }, signal) => {
  if (!('Suspending' in WebAssembly))
    throw new EngineFault('model', 'this browser is too old for llama.cpp (WASM): it lacks JSPI');
  const { Wllama: Library } = await import('@wllama/wllama');
  const log = new ErrorLog();
  const wllama = new Library({ default: wasmUrl }, { logger: log });
  const stop = () => void wllama.exit();
  signal.addEventListener('abort', stop, { once: true });
  const refuse = (why: string) => {
    stop();
    return new EngineFault('model', `llama.cpp could not load the model: ${why}`);
  };
  try {
    await wllama.loadModel([language, vision], {
      n_ctx: context,
      n_threads: 1,
      n_gpu_layers: 0,
      n_parallel: 1,
      warmup: false,
      reasoning_format: 'none',
      skip_chat_parsing: true,
    });
  } catch (reason) {
    throw refuse(log.take() ?? textOf(reason));
  }
  // the library resolves also when llama.cpp said no
  const info: object = wllama.getLoadedContextInfo();
  if ('success' in info && info.success === false) throw refuse(log.take() ?? 'it gave no reason');
  if (!wllama.supportInputModality('image'))
    throw refuse('the mmproj file does not make it take pictures');
  return new WllamaEngine(wllama, Library.getLibllamaVersion(), log);
};

/** What llama.cpp complains about. The library talks to a console; its reasons are there and nowhere else. */
class ErrorLog {
  #first: string | undefined;

  /** The first complaint since the last call: the later ones mostly say that something failed. */
  take(): string | undefined {
    const line = this.#first;
    this.#first = undefined;
    return line;
  }

  error = (...words: readonly unknown[]): void => {
    this.#first ??= words.map(textOf).join(' ').trim();
  };
  debug = ignore;
  log = ignore;
  warn = ignore;
}

class WllamaEngine implements Engine {
  readonly facts: Engine['facts'];
  readonly #wllama: Wllama;
  readonly #log: ErrorLog;

  constructor(wllama: Wllama, version: string, log: ErrorLog) {
    this.#wllama = wllama;
    this.#log = log;
    const { n_ctx, metadata } = wllama.getLoadedContextInfo();
    this.facts = {
      engine: `llama.cpp ${version} (WASM, wllama ${WLLAMA_VERSION}, 1 thread)`,
      model: metadata['general.name'] ?? null,
      parameters: null,
      context: n_ctx,
      threads: 1,
      cores: navigator.hardwareConcurrency,
      system: 'WebAssembly SIMD in this page, CPU only',
    };
  }

  async *answer(
    request: GenerateRequest,
    image: Blob,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart> {
    const size = await sizeOf(image);
    this.#log.take();
    const options = await toOptions(request, image, signal);
    let prompt = false;
    let tokens = 0;
    let decodeMs: number | null = null;
    let finish: 'stop' | 'length' = 'stop';
    try {
      const chunks = await this.#wllama.createChatCompletion(options);
      for await (const chunk of chunks) {
        const { timings, choices } = chunk;
        if (timings && !prompt) {
          prompt = true;
          yield { kind: 'prompt', figures: { ...size, ...promptFigures(timings) } };
        }
        if (timings) {
          tokens = timings.predicted_n;
          // measured inside llama.cpp; with one token there is nothing between first and last
          decodeMs = tokens > 1 ? timings.predicted_ms : null;
        }
        const [choice] = choices;
        if (choice?.finish_reason === 'length') finish = 'length';
        const text = choice?.delta.content ?? '';
        if (text) yield { kind: 'token', id: null, text };
      }
      yield { kind: 'end', finish, tokens, decodeMs };
    } catch (reason) {
      if (!signal.aborted) throw toFault(reason, this.#log.take());
      yield { kind: 'end', finish: 'cancelled', tokens, decodeMs };
    }
  }

  close(): void {
    void this.#wllama.exit();
  }
}

/** Pinned in package.json; the package does not export its version. */
const WLLAMA_VERSION = '3.8.1';

function promptFigures(timings: NonNullable<ChatCompletionChunk['timings']>) {
  return {
    // llama-server counts picture and text together
    image_tokens: null,
    text_tokens: null,
    prompt_tokens: timings.prompt_n + timings.cache_n,
    prefill_ms: timings.prompt_ms,
  };
}

/** The request as llama-server's chat endpoint takes it. Names beyond wllama's types are passed on as they are. */
async function toOptions(request: GenerateRequest, image: Blob, abortSignal: AbortSignal) {
  const { prompt, max_tokens, temperature, top_k, top_p, min_p, repeat_penalty, seed, stop } =
    request;
  const options: ChatCompletionParams & { stream: true; repeat_penalty: number; stop: string[] } = {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', data: await image.arrayBuffer() },
          { type: 'text', text: prompt },
        ],
      },
    ],
    ...{ max_tokens, temperature, top_k, top_p, min_p, repeat_penalty, seed, stop },
    stream: true,
    abortSignal,
    timings_per_token: true,
    // off, so that a question's figures and arithmetic do not depend on the ones before it
    cache_prompt: false,
  };
  return options;
}

/** Width and height where the browser can read the picture too; llama.cpp decodes it by itself. */
async function sizeOf(image: Blob): Promise<{ width: number | null; height: number | null }> {
  try {
    const bitmap = await createImageBitmap(image, { imageOrientation: 'none' });
    const { width, height } = bitmap;
    bitmap.close();
    return { width, height };
  } catch {
    return { width: null, height: null };
  }
}

/** llama-server tells its errors apart by their text only. `logged` is what it said before it failed. */
function toFault(reason: unknown, logged: string | undefined): EngineFault {
  const text = textOf(reason);
  // a C++ exception that wllama 3.8.1 loses: it hands the answer over as JSON, which wants UTF-8
  if (logged?.includes('invalid UTF-8'))
    return new EngineFault('internal', 'the model wrote bytes that are no text (invalid UTF-8)');
  if (/context/i.test(text)) return new EngineFault('context', text);
  if (/image|bitmap|media|multimodal|mtmd/i.test(text)) return new EngineFault('image', text);
  const dead = /^\(ABORT\)|crashed|unreachable|out of bounds|memory|Maximum call stack/i.test(text);
  return new EngineFault('internal', logged === undefined ? text : `${text}: ${logged}`, dead);
}

const textOf = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)).slice(0, 500);

function ignore(): void {}
