import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { encode, inspect, startRuntime } from '../../src/adapters/encoder/encode';
import { startCore } from '../../src/adapters/preprocess/core';
import { prepareInput } from '../../src/adapters/preprocess/job';
import type { VisionEncoder } from '../../src/domain/encoder';
import type { Preparer } from '../../src/domain/prepare';
import { ok } from '../../src/domain/result';
import { buildWasm } from '../../wasm/build';

/** The page's preparer without its worker. PNG only: other formats are decoded by the browser. */
export async function createPreparerHere(): Promise<Preparer> {
  await buildWasm(() => undefined);
  const wasm = join(import.meta.dirname, '../../wasm/pkg/core.wasm');
  const core = await startCore(await readFile(wasm), 'simd');
  return {
    async prepare(file, recipe) {
      const made = await prepareInput(core, file, recipe);
      return made.ok ? ok({ ...made.value, decoder: 'exact' }) : made;
    },
  };
}

/** The page's encoder without its worker: the same onnxruntime-web, in Node. */
export async function createEncoderHere(): Promise<VisionEncoder> {
  const wasm = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
  const ort = await startRuntime(await readFile(createRequire(import.meta.url).resolve(wasm)));
  return { inspect: (model) => inspect(ort, model), encode: (job) => encode(ort, job) };
}
