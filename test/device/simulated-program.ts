import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import {
  CannotInfer,
  simulate,
  type TinyFigures,
  type TinyQuestion,
} from '../../src/adapters/simulated';
import { RunnerEventSchema } from '../../src/domain/runner-protocol';
import { htpArchOf } from '../../src/domain/soc';

/**
 * Runs on the test device: `plugsight-simulated NAME PROGRAM ARGS…` imitates the runner NAME. The tiny model is run by our
 * own native runner, which the device's maker put beside this file.
 */
const RUNNER = '/system/bin/plugsight-llama-runner';
const [name = '', ...argv] = process.argv.slice(2);

/** A whole file; undefined where it cannot be read. */
function readFile(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}

function writeFile(path: string, data: Uint8Array): boolean {
  try {
    if (path.includes('/Result_')) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
    return true;
  } catch {
    return false;
  }
}

async function* infer(question: TinyQuestion): AsyncGenerator<string, TinyFigures, void> {
  const folder = mkdtempSync(join(tmpdir(), 'simulated-'));
  const image = join(folder, 'image.png');
  writeFileSync(image, question.image);
  const child = spawn(RUNNER, [
    ...['--model', question.language, '--mmproj', question.vision],
    ...['--threads', '1', '--ctx', '512', '--serve'],
  ]);
  child.on('error', () => undefined); // its output then ends, too
  child.stdin.on('error', () => undefined);
  const request = {
    ...{ cmd: 'generate', request: 1, image, prompt: question.prompt },
    ...{ max_tokens: Math.max(1, question.maxTokens), temperature: question.temperature },
    seed: question.seed,
  };
  child.stdin.write(`${JSON.stringify(request)}\n`);
  let figures = { promptTokens: null as number | null, prefillMs: null as number | null };
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = v.safeParse(v.pipe(v.string(), v.parseJson(), RunnerEventSchema), line);
      if (!event.success) continue;
      const said = event.output;
      if (said.event === 'error') throw new CannotInfer(said.message);
      if (said.event === 'prompt')
        figures = { promptTokens: said.prompt_tokens, prefillMs: said.prefill_ms };
      if (said.event === 'token') yield said.text;
      if (said.event !== 'done') continue;
      const { tokens, decode_ms, finish } = said;
      return { ...figures, tokens, decodeMs: decode_ms, stopped: finish === 'stop' };
    }
    throw new CannotInfer(`${RUNNER} said nothing: npm run payload:build makes it`);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const write = (stream: NodeJS.WriteStream, text: string | Uint8Array) =>
  new Promise<void>((resolve) => stream.write(text, () => resolve()));
const properties = new TextDecoder().decode(readFile('/system/build.prop'));
const killed = new AbortController();
const input = process.stdin.iterator({ destroyOnReturn: false });

process.exitCode = await simulate(name, {
  ...{ argv, cwd: process.cwd(), env: { ...process.env } as Record<string, string> },
  htp: htpArchOf(/^ro\.soc\.model=(\S+)$/m.exec(properties)?.[1]),
  ...{ readFile, writeFile, infer, now: () => Date.now(), killed: killed.signal },
  print: (text) => write(process.stdout, text),
  warn: (text) => write(process.stderr, text),
  async read() {
    const step = (await input.next()) as IteratorResult<Buffer, undefined>;
    return step.done ? undefined : new Uint8Array(step.value);
  },
});
process.exit();
