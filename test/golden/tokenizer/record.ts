import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MADE_UP, OTHERS, madeUp, other } from './made-up';
import { qwenFile } from './qwen';
import { LONG, randomTexts } from './texts';

/**
 * Writes rust-cases.json with the Rust library itself:
 *   npm pack tokenizers@0.23.2 && tar xzf tokenizers-0.23.2.tgz
 *   npx tsx test/golden/tokenizer/record.ts ./package
 */
interface Library {
  Tokenizer: {
    fromString(json: string): {
      encode(text: string, pair: null, options: object): Promise<{ getIds(): number[] }>;
    };
  };
}

const TEXTS = 30;

async function main(): Promise<void> {
  const folder = process.argv[2];
  if (!folder) throw new Error('usage: record.ts FOLDER_OF_THE_PACKAGE');
  const require = createRequire(join(process.cwd(), 'here.js'));
  const { Tokenizer } = require(join(process.cwd(), folder)) as Library;
  const { name, version } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Record<string, string>;

  const encode = async (json: string, texts: readonly string[]) => {
    const tokenizer = Tokenizer.fromString(json);
    const ids: number[][] = [];
    for (const text of texts)
      ids.push((await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds());
    return ids;
  };
  const cases: Record<string, [string, number[]][]> = {};
  for (const [i, made] of MADE_UP.entries()) {
    const texts = take(randomTexts(i + 1), TEXTS);
    const ids = await encode(madeUp(made), texts);
    cases[made] = texts.map((text, k) => [text, ids[k] ?? []]);
  }
  for (const [i, made] of OTHERS.entries()) {
    const texts = [
      'USER: <image>\nWhat is this? ASSISTANT:',
      ...take(randomTexts(i + 501), TEXTS - 1),
    ];
    const ids = await encode(other(made), texts);
    cases[made] = texts.map((text, k) => [text, ids[k] ?? []]);
  }
  const qwen = new TextDecoder().decode(qwenFile('qwen3'));
  const mixed = take(randomTexts(1000), 200);
  const mixedIds = await encode(qwen, mixed);
  cases['qwen3'] = mixed.map((text, k) => [text, mixedIds[k] ?? []]);
  const longIds = await encode(qwen, Object.values(LONG));
  const long = Object.fromEntries(
    Object.keys(LONG).map((key, k) => [key, summary(longIds[k] ?? [])]),
  );
  writeFileSync(
    join(import.meta.dirname, 'rust-cases.json'),
    `${JSON.stringify({ oracle: `${name} ${version} (npm, Rust)`, cases, long }).replaceAll('],["', '],\n["')}\n`,
  );
}

function take(texts: Iterator<string>, count: number): string[] {
  return Array.from({ length: count }, () => texts.next().value as string);
}

const summary = (ids: readonly number[]) => ({
  count: ids.length,
  sha256: createHash('sha256').update(Uint32Array.from(ids)).digest('hex'),
});

await main();
