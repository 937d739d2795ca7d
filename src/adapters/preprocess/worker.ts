import { expose, transfer } from 'comlink';
import simdUrl from '../../../wasm/pkg/core.wasm?url&no-inline';
import scalarUrl from '../../../wasm/pkg/core-scalar.wasm?url&no-inline';
import type { InputRecipe, PreparedInput } from '../../domain/prepare';
import { once } from '../../domain/once';
import type { Result } from '../../domain/result';
import { hasSimd, startCore, type Core } from './core';
import { prepareInput } from './job';
import { selfCheck } from './self-check';

/** Which twin to run; "auto" takes SIMD where the browser has it. */
export type CoreChoice = 'auto' | Core['kind'];

let choice: CoreChoice = 'auto';

const core = once(async () => {
  const kind = choice === 'auto' ? (hasSimd() ? 'simd' : 'scalar') : choice;
  return startCore(await fetch(kind === 'simd' ? simdUrl : scalarUrl), kind);
});
let known: PreparedInput['decoder'] | undefined;
const decoder = once(async () => known ?? selfCheck(await core()));

const api = {
  /** Chooses the core; before the first picture. */
  choose(wanted: CoreChoice): void {
    choice = wanted;
  },
  /** What an earlier worker's self-check said; before the first picture. */
  assume(decoder: PreparedInput['decoder']): void {
    known = decoder;
  },
  /** One picture at a time: the core's memory is planned anew for each. */
  async prepare(file: Blob, recipe: InputRecipe): Promise<Result<PreparedInput>> {
    const checked = await decoder();
    const result = await prepareInput(await core(), file, recipe);
    if (!result.ok) return result;
    const value: PreparedInput = { ...result.value, decoder: checked };
    return transfer(
      { ok: true, value },
      value.outputs.map((output) => output.data.buffer as ArrayBuffer),
    );
  },
};
export type PreprocessWorker = typeof api;

expose(api);
