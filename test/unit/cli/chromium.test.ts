import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findChromium } from '../../../src/cli/chromium';

describe('finding Chromium', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plugsight-chromium-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  async function program(name: string, script: string): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }

  test('the environment wins, and a wrong path is said, not passed over', async () => {
    const path = await program('mine', 'exit 0');
    expect(findChromium({ CHROMIUM: path, PATH: '' })).toBe(path);
    expect(() => findChromium({ CHROMIUM: join(dir, 'none'), PATH: dir })).toThrow(/no such file/);
  });

  test.runIf(process.platform === 'linux')('takes a program from PATH', async () => {
    const path = await program('google-chrome', 'exit 0');
    expect(findChromium({ PATH: `/nowhere:${dir}` })).toBe(path);
  });

  test.runIf(process.platform === 'linux')('passes over one that does not start', async () => {
    await program('chromium', 'echo "install the snap"; exit 1');
    expect(findChromium({ PATH: dir })).not.toBe(join(dir, 'chromium'));
  });
});
