import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The project's own folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** Where `npm start` serves, when the port is free. */
export const START_PORT = 4173;

/**
 * Runs an npm script, its output passed on to ours, and returns its exit code.
 * `to: 'stderr'` keeps stdout free for a program's own answer.
 */
export function npmRun(
  script: string,
  args: readonly string[] = [],
  { to = 'stdout', env = {} }: { to?: 'stdout' | 'stderr'; env?: Record<string, string> } = {},
): Promise<number> {
  // npm names its own program; without it (tsx called by hand) a shell finds npm, npm.cmd on Windows.
  const npm = process.env['npm_execpath'];
  const argv = ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])];
  const child = spawn(npm ? process.execPath : 'npm', npm ? [npm, ...argv] : argv, {
    cwd: ROOT,
    stdio: ['ignore', to === 'stdout' ? 'inherit' : 2, 'inherit'],
    env: { ...process.env, ...env },
    shell: !npm,
  });
  return new Promise((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
