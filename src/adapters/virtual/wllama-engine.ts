import type { ChatCompletionChunk, ChatCompletionParams, Wllama } from '@wllama/wllama';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import type { GenerateRequest } from '../../domain/runner-protocol';
import { EngineFault, type AnswerPart, type Engine, type LoadEngine } from './engine';

/** Loads llama.cpp (WASM) and a model. One thread, no GPU: the same arithmetic everywhere, and no special page headers. */
export const loadWllama: LoadEngine = async ({ language, vision, context }, signal) => {
  const { Wllama: Library } = await import('@wllama/wllama');
  const wllama = new Library({ default: wasmUrl }, { suppressNativeLog: false, logger: QUIET });
  const stop = () => void wllama.exit();
  signal.addEventListener('abort', stop, { once: true });
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
    stop();
    throw new EngineFault('model', `llama.cpp could not load the model: ${textOf(reason)}`);
  }
  if (!wllama.supportInputModality('image')) {
    stop();
    throw new EngineFault('model', 'the model takes no pictures: the mmproj file does not fit it');
  }
  return new WllamaEngine(wllama, Library.getLibllamaVersion());
};

class WllamaEngine implements Engine {
  readonly facts: Engine['facts'];
  readonly #wllama: Wllama;

  constructor(wllama: Wllama, version: string) {
    this.#wllama = wllama;
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
    const options = await toOptions(request, image, signal);
    let prompt = false;
    let tokens = 0;
    let finish: 'stop' | 'length' = 'stop';
    try {
      const chunks = await this.#wllama.createChatCompletion(options);
      for await (const chunk of chunks) {
        const { timings, choices } = chunk;
        if (timings && !prompt) {
          prompt = true;
          yield { kind: 'prompt', figures: { ...size, ...promptFigures(timings) } };
        }
        if (timings) tokens = timings.predicted_n;
        const [choice] = choices;
        if (choice?.finish_reason === 'length') finish = 'length';
        const text = choice?.delta.content ?? '';
        if (text) yield { kind: 'token', id: null, text };
      }
      yield { kind: 'end', finish, tokens };
    } catch (reason) {
      if (!signal.aborted) throw toFault(reason);
      yield { kind: 'end', finish: 'cancelled', tokens };
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

/** llama-server tells its errors apart by their text only. */
function toFault(reason: unknown): EngineFault {
  const text = textOf(reason);
  if (/context/i.test(text)) return new EngineFault('context', text);
  if (/image|bitmap|media|multimodal|mtmd/i.test(text)) return new EngineFault('image', text);
  const crashed = reason instanceof Error && reason.name === 'RuntimeError';
  return new EngineFault('internal', text, crashed);
}

const textOf = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)).slice(0, 500);

const ignore = () => undefined;
/** The library talks to the console; what matters comes back as errors. */
const QUIET = { debug: ignore, log: ignore, warn: ignore, error: ignore };
