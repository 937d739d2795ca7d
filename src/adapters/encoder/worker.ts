import { expose, transfer } from 'comlink';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { EncodeJob, Encoded, EncoderShape } from '../../domain/encoder';
import { once } from '../../domain/once';
import type { Result } from '../../domain/result';
import { encode, inspect, startRuntime } from './encode';

const runtime = once(() => startRuntime(new URL(wasmUrl, import.meta.url).href));

const api = {
  async inspect(model: Blob): Promise<Result<EncoderShape>> {
    return inspect(await runtime(), model);
  },
  async encode(job: EncodeJob): Promise<Result<Encoded>> {
    const result = await encode(await runtime(), job);
    if (!result.ok) return result;
    const { embeddings } = result.value;
    return transfer(
      result,
      embeddings.map(({ buffer }) => buffer as ArrayBuffer),
    );
  },
};
export type EncoderWorker = typeof api;

expose(api);
