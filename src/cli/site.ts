import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { preview } from 'vite';
import { ROOT, npmRun } from './commands';

/** What the built page is made of. */
const INPUTS = [
  'src',
  'wasm',
  'public',
  'device-payload',
  'package-lock.json',
  'vite.config.ts',
] as const;
/** Made by the build itself, or no part of it: of src/cli only what Vite's configuration reads. */
const NOT_INPUTS =
  /(^|[\\/])(pkg|__pycache__)([\\/]|$)|(^|[\\/])cli($|[\\/](?!page-plugins|served-files))/;

/** Builds the page unless dist/ is newer than everything it is made of. Throws when the build fails. */
export async function ensureBuilt(to: 'stdout' | 'stderr'): Promise<void> {
  const built = await modified('dist/index.html');
  if (built > 0 && built > (await newestInput())) return;
  if ((await npmRun('build', [], { to })) !== 0) throw new Error('the build failed, see above');
}

async function newestInput(): Promise<number> {
  let newest = 0;
  for (const input of INPUTS) {
    const below = await readdir(join(ROOT, input), { recursive: true }).catch(() => []);
    // Folders count too: a deleted file leaves no other trace.
    for (const path of [input, ...below.map((entry) => join(input, entry))])
      if (!NOT_INPUTS.test(path)) newest = Math.max(newest, await modified(path));
  }
  return newest;
}

const modified = (path: string): Promise<number> =>
  stat(join(ROOT, path)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** A running server of dist/. */
export interface Site extends AsyncDisposable {
  /** With a slash at the end. */
  readonly url: string;
}

/** Serves dist/ on this computer only, on `port` or the next free one. */
export async function serve(port: number, open: boolean): Promise<Site> {
  const server = await preview({
    root: join(ROOT, 'src'),
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'warn',
    preview: { port, open, host: 'localhost' },
  });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the server has no address');
  return { url, [Symbol.asyncDispose]: () => server.close() };
}
