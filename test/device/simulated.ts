import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from '../../src/cli/commands';
import { programOf } from '../payload/native-runner';

/**
 * Puts the simulated runners into a test device's /system/bin: our TypeScript as one file, started by this computer's own
 * Node (which enter.sh lays over /system/bin/plugsight-node), and the native runner for the tiny model.
 */
export async function addSimulated(system: string): Promise<void> {
  const bin = join(system, 'bin');
  await bundleTo(join(bin, 'plugsight-simulated.mjs'));
  await writeFile(join(bin, 'plugsight-node'), '');
  const start = 'exec /system/bin/plugsight-node /system/bin/plugsight-simulated.mjs "$@"';
  await writeFile(join(bin, 'plugsight-simulated'), `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  const runner = programOf('x86_64');
  if (existsSync(runner)) await copyFile(runner, join(bin, 'plugsight-llama-runner'));
}

/** The program as one JavaScript file. */
async function bundleTo(path: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'plugsight-simulated-'));
  await build({
    ...{ configFile: false, logLevel: 'error', root: ROOT },
    ssr: { noExternal: true },
    build: {
      ...{ ssr: join(import.meta.dirname, 'simulated-program.ts'), outDir: work, target: 'node20' },
      rollupOptions: { output: { entryFileNames: 'program.mjs', codeSplitting: false } },
    },
  });
  await copyFile(join(work, 'program.mjs'), path);
  await rm(work, { recursive: true });
}
