import { expect } from 'vitest';
import type { Chunk, Command, Device, Process, ShellOutput } from '../../src/domain/device';
import type { Result } from '../../src/domain/result';
import { NEVER, pushAll, valueOf } from '../unit/adapters/adb/rig';
import { HOME } from './phones';

/** Runs a script to its end. */
export const sh = async (device: Device, script: string): Promise<ShellOutput> =>
  valueOf(await device.shell(script, NEVER));

/** Starts a program in the home folder. */
export const start = async (device: Device, ...argv: Command['argv']): Promise<Process> =>
  valueOf(await device.spawn({ argv, cwd: HOME, env: {} }, NEVER));

/** Writes a file; returns how it ended. */
export async function push(
  device: Device,
  path: string,
  bytes: Uint8Array,
  mode = 0o644,
): Promise<Result<void>> {
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  return (await pushAll(device.push({ path, source, mode }, NEVER))).result;
}

/** Reads a program's output to its end. */
export async function read(process: Process): Promise<Readonly<Record<Chunk['from'], string>>> {
  const texts: Record<Chunk['from'], string[]> = { stdout: [], stderr: [] };
  for await (const { from, text } of process.output) texts[from].push(text);
  return { stdout: texts.stdout.join(''), stderr: texts.stderr.join('') };
}

/** The next `length` characters that a program prints. */
export async function take(process: Process, length: number): Promise<string> {
  let text = '';
  for await (const chunk of process.output) {
    text += chunk.text;
    if (text.length >= length) return text;
  }
  return text;
}

/** Fails unless the process is gone within five seconds, as its phone says. */
export async function expectGone(device: Device, pid: number | string): Promise<void> {
  const { exitCode } = await sh(
    device,
    `n=0; while kill -0 ${pid} && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done 2>/dev/null; [ $n -lt 50 ]`,
  );
  expect(exitCode, `process ${pid} is still there`).toBe(0);
}

/** Bytes that do not repeat within 64 KiB, the same each time. */
export const pattern = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, i) => ((i * 7919) >> 5) ^ (i >> 16));
