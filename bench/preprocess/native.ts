import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Sharp from 'sharp';
import { startCore } from '../../src/adapters/preprocess/core';
import { placed } from './ours';
import { HEIGHT, TARGETS, WIDTH } from './picture';

/** CPU ms and wall ms of one run. */
export type Times = readonly [number, number];

const peers = createRequire(join(import.meta.dirname, '../peers/package.json'));

/** Ours and sharp in this Node, one after the other, `runs` times. */
export async function inNode(folder: string, runs: number): Promise<Record<string, Times[]>> {
  const sharp = peers('sharp') as typeof Sharp;
  sharp.concurrency(1);
  const wasm = readFileSync(join(import.meta.dirname, '../../wasm/pkg/core.wasm'));
  const cores = await Promise.all(TARGETS.map(() => startCore(wasm, 'simd')));
  const rgba = new Uint8ClampedArray(readFileSync(join(folder, 'photo.rgba')));
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0, o = 0; o < rgb.length; i += 4, o += 3) rgb.set(rgba.subarray(i, i + 3), o);
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 };
  const options = { fit: 'fill', kernel: 'cubic', fastShrinkOnLoad: false };
  const times: Record<string, Times[]> = {};
  // like Pillow and sharp, which have their pixels where they read them
  const ours = cores.map((core, i) => {
    const [w, h] = TARGETS[i] ?? TARGETS[0];
    return placed(core, rgba, w, h);
  });
  for (let run = 0; run < runs; run++)
    for (const [i, [w, h]] of TARGETS.entries()) {
      const all = {
        ours: () => ours[i]?.(),
        sharp: () => sharp(rgb, { raw }).resize(w, h, options).raw().toBuffer(),
      };
      for (const [name, task] of Object.entries(all)) {
        const [cpu, wall] = [process.cpuUsage(), performance.now()];
        await task();
        const { user, system } = process.cpuUsage(cpu);
        (times[`${name} ${w}x${h}`] ??= []).push([
          (user + system) / 1000,
          performance.now() - wall,
        ]);
      }
    }
  return times;
}
