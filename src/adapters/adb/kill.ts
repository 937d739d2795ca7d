import type { Result } from '../../domain/result';
import type { ShellOutput } from '../../domain/device';
import type { Link } from './link';
import { runScript } from './shell';

/** How long a program may take to end after SIGTERM, then after SIGKILL. */
const TERM_MS = 2000;
const KILL_MS = 1000;
const POLL_MS = 100;
/** For each command of the second shell; a hung phone is not waited for. */
const SIDE_SHELL_MS = 5000;

/**
 * Signals a program and its children: adbd starts every shell in a session of its own, so the pid is also
 * that of the process group (AOSP daemon/shell_service.cpp, setsid). A child that lived on would hold the
 * pipes, and the program stay a zombie that `kill -0` finds. Where there are no groups the pid alone serves.
 */
export const killScript = (signal: 15 | 9 | 2, pid: number): string =>
  `kill -${signal} -${pid}; kill -${signal} ${pid}`;

/**
 * Ends a program by its pid from a second shell: SIGTERM, then SIGKILL, and looks whether it is gone.
 * `exited` is aborted when its own shell reported the end, which is the surest sign.
 * False: it still runs, or the phone could not be asked.
 */
export async function endProgram(link: Link, pid: number, exited: AbortSignal): Promise<boolean> {
  for (const [signal, ms] of [
    [15, TERM_MS],
    [9, KILL_MS],
  ] as const) {
    await sideShell(link, killScript(signal, pid));
    if (await isGoneWithin(ms, link, pid, exited)) return true;
    if (link.gone.aborted) return false;
  }
  return false;
}

/** Asks a program to stop as Ctrl-C would. Whether it does is its own affair. */
export async function interruptProgram(link: Link, pid: number): Promise<void> {
  await sideShell(link, killScript(2, pid));
}

async function isGoneWithin(
  ms: number,
  link: Link,
  pid: number,
  exited: AbortSignal,
): Promise<boolean> {
  const until = link.clock.now() + ms;
  while (!exited.aborted) {
    const alive = await sideShell(link, `kill -0 ${pid}`);
    if (exited.aborted || (alive.ok && alive.value.exitCode !== 0)) return true;
    if (!alive.ok || link.clock.now() >= until) return false;
    await link.clock.sleep(POLL_MS, exited);
  }
  return true;
}

async function sideShell(link: Link, script: string): Promise<Result<ShellOutput>> {
  const done = new AbortController();
  const limit = new AbortController();
  void link.clock.sleep(SIDE_SHELL_MS, done.signal).then(() => limit.abort());
  const result = await runScript(link, script, limit.signal);
  done.abort();
  return result;
}
