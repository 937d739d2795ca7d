import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { linkCommand } from './compile';
import { programOf, type Target } from './targets';

/**
 * Packs what glibc's licence (LGPL 2.1, section 6) lets people ask for: our objects and libraries, and the
 * commands that link them with another C library. Writes an archive with `relink.sh` in it.
 */
export async function packRelink(
  { build, target, strip }: { build: string; target: Target; strip: string },
  archive: string,
  log: string,
): Promise<void> {
  const links = [undefined, ...target.levels].map(programOf).map((program) => ({
    program,
    command: linkCommand(build, program),
  }));
  const objects = new Set(
    links.flatMap(({ command }) =>
      command.split(/\s+/).filter((word) => /^\w.*\.[oa]$/.test(word)),
    ),
  );
  const script = [
    '#!/bin/sh',
    '# Links llama-runner again, for example with a C library of your own: add -L or --sysroot to the commands.',
    'set -e',
    'cd "$(dirname "$0")"',
    ...links.flatMap(({ program, command }) => [command, `${strip} ${program}`]),
    '',
  ].join('\n');
  const name = 'relink.sh';
  await writeFile(join(build, name), script);
  await chmod(join(build, name), 0o755);
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...same, '-czf', archive, '-C', build, name, ...objects], { log });
}
