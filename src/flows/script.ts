import type { Device, ShellOutput } from '../domain/device';
import { fail, ok, type Result } from '../domain/result';

/** Runs a script that must succeed; returns its stdout. */
export async function script(
  device: Device,
  text: string,
  signal: AbortSignal,
): Promise<Result<string>> {
  return printed(await device.shell(text, signal));
}

/** What a script printed that had to succeed. */
export function printed(output: Result<ShellOutput>): Result<string> {
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode === 0) return ok(stdout);
  const detail = `exit code ${exitCode}: ${stderr.trim().slice(0, 500)}`;
  if (/No space left on device/.test(stderr)) return fail('disk-full', detail);
  if (exitCode === 127) return fail('device-tool-missing', detail);
  return fail(
    /Permission denied|Read-only/.test(stderr) ? 'device-denied' : 'command-failed',
    detail,
  );
}
