import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Runs a program to its end, its output added to a log file. Throws with the log's last lines when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  { log, cwd }: { readonly log: string; readonly cwd?: string },
): Promise<void> {
  const file = createWriteStream(log, { flags: 'a' });
  file.write(`$ ${[program, ...args].join(' ')}\n`);
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      file.write(chunk);
      tail = (tail + chunk.toString()).slice(-3000);
    });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  file.end();
  await finished(file);
  if (code !== 0) throw new Error(`${program} failed (${code}); log: ${log}\n${tail}`);
}

/** First line that a program prints, or nothing when it is not there. */
export function firstLine(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}
