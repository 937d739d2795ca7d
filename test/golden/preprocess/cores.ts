import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Arena } from '../../../src/adapters/preprocess/arena';
import type { Picture } from '../../../src/adapters/preprocess/blocks';
import { reserve, startCore, type Core } from '../../../src/adapters/preprocess/core';
import { layOut } from '../../../src/adapters/preprocess/execute';
import type { Work } from '../../../src/families/family';
import { buildWasm } from '../../../wasm/build';

/** Both twins of the core, built if need be. */
export async function bothCores(): Promise<readonly Core[]> {
  await buildWasm(() => undefined);
  const pkg = join(import.meta.dirname, '../../../wasm/pkg');
  return [
    await startCore(readFileSync(join(pkg, 'core.wasm')), 'simd'),
    await startCore(readFileSync(join(pkg, 'core-scalar.wasm')), 'scalar'),
  ];
}

/** Carries out `work` on packed RGB; gives the outputs in order. */
export function carryOut(
  core: Core,
  rgb: Uint8Array,
  width: number,
  height: number,
  work: Pick<Work, 'steps' | 'outputs'>,
): Uint8Array[] {
  const arena = new Arena(core.exports.heapBase());
  const pixels = arena.alloc(width * height * 4);
  const source: Picture = { kind: 'rgbx', width, height, pixels, stride: width * 4 };
  const execution = layOut(core, arena, work as Work, source);
  const reserved = reserve(core, arena.bytes);
  if (!reserved.ok) throw new Error(reserved.failure.detail);
  // What lies in memory from earlier work must not matter.
  const base = core.exports.heapBase();
  new Uint8Array(core.memory.buffer, base, arena.bytes - base).fill(0xa5);
  const memory = new Uint8Array(core.memory.buffer, pixels, width * height * 4);
  for (let i = 0; i < width * height; i++) {
    memory.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
    memory[i * 4 + 3] = 255;
  }
  execution.run();
  return execution.finished.map(({ address, bytes }) =>
    new Uint8Array(core.memory.buffer, address, bytes).slice(),
  );
}

/** One resize of a whole picture to packed RGB. */
export function resizeWork(
  from: readonly [number, number],
  to: readonly [number, number],
  filter: Work['steps'][number]['filter'],
  backend: Work['steps'][number]['backend'],
): Pick<Work, 'steps' | 'outputs'> {
  const crop = { x: 0, y: 0, width: from[0], height: from[1] };
  return {
    steps: [{ from: 0, crop, width: to[0], height: to[1], filter, backend }],
    outputs: [{ name: 'rgb', layout: 'hwc', picture: 1, shape: [to[1], to[0], 3] }],
  };
}
