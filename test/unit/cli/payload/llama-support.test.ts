import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { llamaSupport } from '../../../../src/cli/payload/llama-support';
import { SOURCE } from '../../../../src/cli/payload/source';
import { LLAMA_SUPPORT } from '../../../../src/domain/llama-support';

const source = join(
  import.meta.dirname,
  '../../../../node_modules/.cache/plugsight',
  `llama.cpp-${SOURCE.commit.slice(0, 12)}`,
);

test('the lists are of the llama.cpp that the runner is built from', () => {
  expect(LLAMA_SUPPORT.commit).toBe(SOURCE.commit);
});

// The sources are there after `npm run payload:build`.
test.skipIf(!existsSync(source))('the lists say what the sources say', async () => {
  expect(await llamaSupport(source)).toEqual(LLAMA_SUPPORT);
});

test('sizes of blocks, as ggml-common.h asserts them', () => {
  expect(LLAMA_SUPPORT.types).toMatchObject({
    ...{ 0: ['F32', 1, 4], 2: ['Q4_0', 32, 18], 8: ['Q8_0', 32, 34], 12: ['Q4_K', 256, 144] },
    ...{ 14: ['Q6_K', 256, 210], 23: ['IQ4_XS', 256, 136], 39: ['MXFP4', 32, 17] },
  });
});
