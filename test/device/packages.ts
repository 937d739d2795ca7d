import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/cli/payload/command';

/** Package debian-archive-keyring, on every Debian; apt's own choice need not know a newer release. */
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Packages {
  /** Debian release, for example "trixie". Need not be the machine's own. */
  readonly suite: string;
  readonly names: readonly string[];
}

/**
 * Unpacks packages and all that they need into a folder, from the machine's own mirror, with apt's signature checks.
 * Nothing of them is executed or installed. `work` is for apt, and may be deleted afterwards.
 */
export async function unpack(
  packages: Packages,
  folder: string,
  work: string,
  log: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const deb of await download(packages, work, log))
    await run('dpkg-deb', ['-x', deb, folder], { log });
}

async function download({ suite, names }: Packages, apt: string, log: string) {
  const archives = join(apt, 'cache/archives');
  for (const folder of ['etc/preferences.d', 'state/lists/partial', 'cache/archives/partial'])
    await mkdir(join(apt, folder), { recursive: true });
  await writeFile(join(apt, 'state/status'), '');
  await writeFile(
    join(apt, 'etc/sources.list'),
    `deb [signed-by=${KEYS}] ${debianMirror() ?? ''} ${suite} main\n`,
  );
  const options = {
    'Dir::Etc': join(apt, 'etc'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State': join(apt, 'state'),
    'Dir::State::status': join(apt, 'state/status'),
    'Dir::Cache': join(apt, 'cache'),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
  };
  const set = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...set, 'update'], { log });
  await run('apt-get', [...set, 'install', '-y', '--download-only', ...names], { log });
  const files = await readdir(archives);
  return files.filter((name) => name.endsWith('.deb')).map((name) => join(archives, name));
}

/** The Debian mirror of this machine's apt, of whatever release it is. */
export function debianMirror(): string | undefined {
  const format = ['indextargets', '--format', '$(ORIGIN)|$(RELEASE)|$(SITE)'];
  const { stdout } = spawnSync('apt-get', [...format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  return /^Debian\|[a-z]+\|(\S+)$/m.exec(stdout ?? '')?.[1];
}
