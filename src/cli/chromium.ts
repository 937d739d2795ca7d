import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';

const PROGRAMS = [
  'chromium',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
];

/** Path of a Chromium, Chrome or Edge on this computer: env CHROMIUM, the system's, Playwright's own. Undefined: none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['CHROMIUM'];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names "${named}", and there is no such file`);
  }
  return [...systemPaths(env), chromium.executablePath()].find(works);
}

function systemPaths(env: NodeJS.ProcessEnv): readonly string[] {
  if (process.platform === 'darwin')
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  if (process.platform === 'win32')
    return [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]
      .filter((root) => root !== undefined)
      .flatMap((root) => [
        join(root, 'Google/Chrome/Application/chrome.exe'),
        join(root, 'Microsoft/Edge/Application/msedge.exe'),
      ]);
  const folders = (env['PATH'] ?? '').split(delimiter);
  return PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** On Ubuntu "chromium" may be a script that only says "install the snap", so Linux programs are asked for their version. */
function works(path: string): boolean {
  if (!existsSync(path)) return false;
  if (process.platform !== 'linux') return true; // chrome.exe --version would open a window
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** As findChromium, and installs one where there is none: Debian's package when root, else Playwright's download. */
export function ensureChromium(): string {
  return findChromium() ?? install() ?? missing();
}

function install(): string | undefined {
  if (isDebian() && process.getuid?.() === 0) {
    console.error('No Chromium here: installing the Debian package.');
    const apt = (...args: string[]) =>
      spawnSync('apt-get', ['-qq', '-y', ...args], {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    if (apt('update') && apt('install', '--no-install-recommends', 'chromium'))
      return findChromium();
  }
  console.error("No Chromium here: installing Playwright's.");
  const cli = join(import.meta.dirname, '../../node_modules/@playwright/test/cli.js');
  spawnSync(process.execPath, [cli, 'install', 'chromium'], { stdio: ['ignore', 2, 2] });
  return findChromium();
}

const isDebian = (): boolean =>
  existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

function missing(): never {
  throw new Error(
    'There is no Chromium, and none could be installed. Install Chrome, Edge or Chromium, or set CHROMIUM to the path of one.',
  );
}

/** Flags for a quiet browser without a window. Root (containers) has no sandbox to offer. */
export const chromiumArgs = (): string[] => [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
];

// tsx src/cli/chromium.ts: makes sure that there is one and prints its path.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(ensureChromium());
