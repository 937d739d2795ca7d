import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openTokenizer } from '../adapters/tokenizer/open';

const USAGE = `usage: npm run -s cli -- tokenize --tokenizer FILE < LINES
FILE is a tokenizer.json; LINES are JSON strings, one per line. Prints an array of ids per line.`;

/**
 * The page's own tokenizer, in Node: it needs no browser. Exit code 1 when the file cannot be used or a line is not a
 * JSON string, 2 for wrong arguments.
 */
export async function tokenize(args: readonly string[]): Promise<number> {
  const path = readOptions(args);
  if (path === undefined) {
    console.error(USAGE);
    return 2;
  }
  const opened = await openTokenizer(() => readFile(path)).catch((reason: unknown) =>
    reason instanceof Error && 'code' in reason ? reason : Promise.reject(reason as Error),
  );
  if (opened instanceof Error) return complain(opened.message);
  if (!opened.ok) return complain(`${path}: ${opened.failure.code}: ${opened.failure.detail}`);
  if (opened.value.engine !== 'plugsight')
    console.error(`${path}: not byte-level BPE; ids by ${opened.value.engine}`);
  let number = 0;
  for await (const line of lines(process.stdin)) {
    number++;
    const text = parseText(line);
    if (text === undefined) return complain(`line ${number} is not a JSON string`);
    const ids = opened.value.encode(text);
    if (!ids.ok) return complain(`line ${number}: ${ids.failure.code}: ${ids.failure.detail}`);
    if (!process.stdout.write(`[${ids.value.join(',')}]\n`))
      await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  return 0;
}

function readOptions(args: readonly string[]): string | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { tokenizer: { type: 'string' } },
      strict: true,
    });
    return values.tokenizer || undefined;
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    return undefined;
  }
}

function complain(message: string): number {
  console.error(message);
  return 1;
}

function parseText(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Lines of a stream. Not node:readline, which also breaks at U+2028 and U+2029, and those may stand in a JSON string. */
async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let held: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    held.push(first);
    for (const part of rest) {
      yield held.join('');
      held = [part];
    }
  }
  const last = held.join('') + decoder.decode();
  if (last !== '') yield last;
}
