import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';

/** The llama.cpp sources: a git bundle inside an npm package. Not a dependency: that would pull hundreds of MB of engines. */
export const SOURCE = {
  package: 'node-llama-cpp',
  version: '3.22.1',
  integrity:
    'sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==',
  bundle: 'package/llama/gitRelease.bundle',
  commit: 'de3ff815ea7d559ee917f063901b8986f038abc6',
  engine: 'llama.cpp 0.5.0-dev de3ff81 (28 Sep 2026)',
} as const;

/** Folder of the sources below `cache`, loaded and checked when they are not there. */
export async function llamaSource(cache: string, log: string): Promise<string> {
  const folder = join(cache, `llama.cpp-${SOURCE.commit.slice(0, 12)}`);
  if (await exists(folder)) return folder;
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const packed = join(fresh, `${SOURCE.package}-${SOURCE.version}.tgz`);
  await run(
    'npm',
    ['pack', '--silent', '--pack-destination', fresh, `${SOURCE.package}@${SOURCE.version}`],
    { log, cwd: fresh },
  );
  await checkIntegrity(packed);
  await run('tar', ['-xzf', packed, '-C', fresh, SOURCE.bundle], { log });
  const clone = join(fresh, 'source');
  await run('git', ['clone', '--quiet', join(fresh, SOURCE.bundle), clone], { log });
  await run('git', ['-C', clone, 'checkout', '--quiet', '--detach', SOURCE.commit], { log });
  // Without its history, else llama.cpp's build asks git, and git may answer for our own repository.
  await rm(join(clone, '.git'), { recursive: true });
  await rename(clone, folder);
  await rm(fresh, { recursive: true });
  return folder;
}

async function checkIntegrity(path: string): Promise<void> {
  const seen = `sha512-${createHash('sha512')
    .update(await readFile(path))
    .digest('base64')}`;
  if (seen !== SOURCE.integrity)
    throw new Error(`${path}: integrity ${seen}, expected ${SOURCE.integrity}`);
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
