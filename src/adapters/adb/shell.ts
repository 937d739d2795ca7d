import type { AdbShellProtocolProcess } from '@yume-chan/adb';
import { MAX_CAPTURE_BYTES, type ShellOutput } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import type { Link } from './link';
import { ignore, STALL_MS } from './wait';

type Pipe = AdbShellProtocolProcess['stdout'];

/** Linux gives one argument at most 32 pages (MAX_ARG_STRLEN), and adbd passes the script as one. */
const MAX_SCRIPT_BYTES = 128 * 1024 - 1;

/**
 * Starts a script in the phone's `sh` by shell protocol v2: the only one with an exit code, and the only
 * one that tells an unplug from an end (F4). One string in an array: the library splits a bare string.
 */
export async function startScript(
  link: Link,
  script: string,
  signal?: AbortSignal,
): Promise<Result<AdbShellProtocolProcess>> {
  if (signal?.aborted) return fail('cancelled');
  const bytes = new TextEncoder().encode(script).byteLength;
  if (bytes > MAX_SCRIPT_BYTES)
    return fail('command-failed', `a command of ${bytes} bytes; a phone takes ${MAX_SCRIPT_BYTES}`);
  if (script.includes('\0')) throw new Error('a NUL character cannot be part of a shell script');
  const { shellProtocol } = link.adb.subprocess;
  if (!shellProtocol) return fail('shell-missing');
  const started = await link.wait(shellProtocol.spawn([script]), 'transfer', {
    signal,
    limitMs: STALL_MS,
    late: hangUp,
  });
  // Handled here once: who needs it waits for it too.
  if (started.ok) ignore(started.value.exited);
  return started;
}

/** Closes the socket of a script; adbd then sends SIGHUP to the shell. What still arrives is thrown away. */
export function hangUp(process: AdbShellProtocolProcess): void {
  ignore(process.exited);
  ignore(process.stdin.locked ? undefined : process.stdin.abort());
  for (const pipe of [process.stdout, process.stderr]) if (!pipe.locked) ignore(pipe.cancel());
  ignore(Promise.resolve(process.kill()));
}

/** Runs a script to its end: `Device.shell()`. */
export async function runScript(
  link: Link,
  script: string,
  signal: AbortSignal,
): Promise<Result<ShellOutput>> {
  const started = await startScript(link, script, signal);
  if (!started.ok) return started;
  // Nothing is coming: a command that reads stdin must see its end, not wait.
  ignore(started.value.stdin.close());
  return collect(link, started.value, signal);
}

/** All that a script prints, and its exit code. A script that does not get so far is hung up. */
export async function collect(
  link: Link,
  process: AdbShellProtocolProcess,
  signal: AbortSignal,
): Promise<Result<ShellOutput>> {
  const flood = new AbortController();
  // F7: both pipes are read, or neither moves.
  const output = Promise.all([capture(process.stdout, flood), capture(process.stderr, flood)]);
  const ended = await link.wait(Promise.all([output, process.exited]), 'transfer', {
    signal: AbortSignal.any([signal, flood.signal]),
  });
  if (ended.ok) {
    const [[stdout, stderr], exitCode] = ended.value;
    return ok({ stdout, stderr, exitCode });
  }
  hangUp(process);
  return flood.signal.aborted
    ? fail('output-flood', `more than ${MAX_CAPTURE_BYTES} bytes`)
    : ended;
}

/** Reads a pipe to its end as UTF-8. Over the cap it says so and keeps nothing, but goes on reading. */
async function capture(pipe: Pipe, flood: AbortController): Promise<string> {
  const decoder = new TextDecoder();
  const reader = pipe.getReader();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_CAPTURE_BYTES) flood.abort();
    else text += decoder.decode(value, { stream: true });
  }
}
