import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL, MMPROJ, NativeRunner, picture, programOf, whyNot } from './native-runner';
import { answersOf, questions, torchAnswers } from './questions';

const QEMU = '/usr/bin/qemu-aarch64-static';

function missing(build: string): string | undefined {
  if (spawnSync(QEMU, ['--version']).status !== 0)
    return 'no qemu: apt-get install qemu-user-static';
  return whyNot(build);
}

/**
 * Processors to try each program on: the oldest 64-bit one, one with dot products, one with everything. "max" also has
 * what no phone of today has. Two hundred questions where a program is new, a few where only the processor is.
 */
const MATRIX = [
  ['arm64-v8a', 'cortex-a53', 200],
  ['arm64-v8a', 'cortex-a76', 20],
  ['arm64-v8a', 'max', 20],
  ['arm64-v8a-dotprod', 'cortex-a76', 200],
  ['arm64-v8a-dotprod', 'max', 20],
  ['arm64-v8a-i8mm', 'max', 200],
] as const;

// x86-64 says the same as torch in all 200 (accuracy.test.ts), so torch's answers stand for both.
describe('the arm64 programs say what x86-64 says', () => {
  test.for(MATRIX)(
    '%s on %s, %i questions',
    { timeout: 3600_000 },
    async ([build, cpu, count], { skip }) => {
      const reason = missing(build);
      if (reason) skip(reason);
      const asked = await questions(count);
      await using runner = new NativeRunner(programOf(build), { before: [QEMU, '-cpu', cpu] });
      const texts = await answersOf(runner, asked);
      expect(texts).toEqual((await torchAnswers()).slice(0, count));
    },
  );

  test('with pages of 16 KB, as some phones have them', async ({ skip }) => {
    const reason = missing('arm64-v8a');
    if (reason) skip(reason);
    const asked = await questions(5);
    await using runner = new NativeRunner(programOf('arm64-v8a'), {
      before: [QEMU, '-p', '16384', '-cpu', 'cortex-a53'],
    });
    expect(await answersOf(runner, asked)).toEqual((await torchAnswers()).slice(0, 5));
  });
});

describe('where nothing but the program is', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'plugsight-empty-'));
    await mkdir(join(root, 'data'));
  });
  afterAll(() => rm(root, { recursive: true }));

  test('no /proc, /sys, /tmp, libraries or environment', async ({ skip }) => {
    const reason = missing('arm64-v8a');
    if (reason) skip(reason);
    if (process.getuid?.() !== 0) skip('chroot needs root');
    const asked = await questions(3);
    const inside = (name: string) => `/data/${name}`;
    await copyFile(QEMU, join(root, 'qemu'));
    await copyFile(programOf('arm64-v8a'), join(root, 'data/llama-runner'));
    await copyFile(MODEL, join(root, 'data/model'));
    await copyFile(MMPROJ, join(root, 'data/mmproj'));
    for (const { file } of asked) await copyFile(picture(file), join(root, 'data', file));
    await using runner = new NativeRunner('/data/llama-runner', {
      before: ['/usr/bin/env', '-i', '/usr/sbin/chroot', root, '/qemu', '-cpu', 'cortex-a53'],
      ...{ model: '/data/model', mmproj: '/data/mmproj' },
    });
    expect(await answersOf(runner, asked, inside)).toEqual((await torchAnswers()).slice(0, 3));
  });
});

describe('the wrong program for a processor ends with a sentence', () => {
  test.for([
    ['arm64-v8a-dotprod', 'cortex-a53', /dotprod build.*asimddp/],
    ['arm64-v8a-i8mm', 'cortex-a53', /i8mm build.*i8mm/],
    ['arm64-v8a-i8mm', 'cortex-a76', /i8mm build.*i8mm/],
  ] as const)('%s on %s', async ([build, cpu, sentence], { skip }) => {
    const reason = missing(build);
    if (reason) skip(reason);
    await using runner = new NativeRunner(programOf(build), { before: [QEMU, '-cpu', cpu] });
    expect(await runner.exit).toBe(132); // 128 + SIGILL, which the page explains
    expect(runner.stderr).toMatch(sentence);
  });
});
