import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureFile } from '../../src/cli/bundle-files';
import { programOf } from './native-runner';

/** glibc's licence asks that people can link the program again; the archive for it must make the same bytes. */
test.for([
  ['arm64-v8a', ['dotprod', 'i8mm'], 'aarch64-linux-gnu-g++'],
  ['x86_64', ['avx2'], 'x86_64-linux-gnu-g++'],
] as const)('%s links again from its archive', async ([abi, levels, compiler], { skip }) => {
  const archive = join(programOf(abi), `../../relink-${abi}.tar.gz`);
  if (!existsSync(archive)) skip('not built: npm run payload:build');
  if (spawnSync(compiler, ['--version']).status !== 0) skip(`no ${compiler}`);
  const dir = await mkdtemp(join(tmpdir(), 'plugsight-relink-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', dir]);
    execFileSync(join(dir, 'relink.sh'), { stdio: 'pipe' });
    for (const level of ['', ...levels.map((name) => `-${name}`)])
      expect(await measureFile(join(dir, `llama-runner${level}`)), level).toEqual(
        await measureFile(programOf(`${abi}${level}`)),
      );
  } finally {
    await rm(dir, { recursive: true });
  }
});
