import { expect, test } from 'vitest';
import { ok } from '../../../../src/domain/result';
import type { Workbench } from '../../../../src/domain/workbench';
import { checkMemory } from '../../../../src/pipelines/llava/memory';
import { installed, setupOf } from '../../../fakes/step-job';

const runner = installed('runner', { runner: 'llava_main' });
const model = (memoryBytes?: number) =>
  installed(
    'model',
    { language: 'llava.pte', tokenizer: 't.bin' },
    {
      requires: memoryBytes === undefined ? {} : { memoryBytes },
    },
  );
const meminfo = (totalGib: number, freeGib: number) =>
  `MemTotal:       ${totalGib * 2 ** 20} kB\nMemFree: 1 kB\nMemAvailable:   ${freeGib * 2 ** 20} kB\n`;
const benchOf = (text: string) =>
  ({ get: async () => ok(new TextEncoder().encode(text)) }) as Partial<Workbench> as Workbench;
const check = (text: string, memoryBytes?: number) =>
  checkMemory({ setup: setupOf(runner, model(memoryBytes)) }, benchOf(text));

test.each([
  [11, 8, 'fine'],
  [11, 5.5, 'tight'],
  [9, 6.5, 'tight'],
  [11, 4.5, 'refused'],
] as const)('%d GiB, %d of them free: %s', async (total, free, said) => {
  const checked = await check(meminfo(total, free));
  if (said === 'refused') return expect(checked).toMatchObject({ failure: { code: 'memory-low' } });
  expect(checked).toEqual(
    ok(
      said === 'fine'
        ? undefined
        : {
            code: 'memory-tight',
            detail: `${free.toFixed(1)} GiB free of ${total.toFixed(1)} GiB; the model uses 5.0 GiB`,
          },
    ),
  );
});

test('a small model by its manifest has its own limit and no other', async () => {
  expect(await check(meminfo(2, 1), 2 ** 20)).toEqual(ok(undefined));
});

test('a meminfo that says nothing forbids nothing', async () => {
  expect(await check('gibberish')).toEqual(ok(undefined));
});
