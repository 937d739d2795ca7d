import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/adapters/tokenizer/compile';
import { Encoder } from '../../src/adapters/tokenizer/encoder';
import { openTokenizer } from '../../src/adapters/tokenizer/open';
import { MADE_UP, OTHERS, madeUp, other } from './tokenizer/made-up';
import { qwenFile } from './tokenizer/qwen';
import { LONG } from './tokenizer/texts';

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'tokenizer', name), 'utf8')) as unknown;

const rust = read('rust-cases.json') as {
  cases: Record<string, [text: string, ids: number[]][]>;
  long: Record<string, { count: number; sha256: string }>;
};

function encoder(file: Uint8Array): Encoder {
  const compiled = compile(file);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.failure));
  return new Encoder(compiled.value);
}

const sha256 = (ids: Int32Array) => createHash('sha256').update(ids).digest('hex');

describe('Qwen2.5', () => {
  const { cases } = read('qwen2_5-cases.json') as { cases: { text: string; ids: number[] }[] };
  const qwen = encoder(qwenFile('qwen2_5'));

  test('there are 84 cases', () => expect(cases).toHaveLength(84));

  test.each(cases)('$text', ({ text, ids }) => {
    expect([...qwen.encode(text)]).toEqual(ids);
  });
});

describe('Qwen3', () => {
  const qwen = encoder(qwenFile('qwen3'));

  test('mixed texts give the ids of the Rust library', () => {
    const cases = rust.cases['qwen3'] ?? [];
    expect(cases.length).toBe(200);
    for (const [text, ids] of cases) expect([text, ...qwen.encode(text)]).toEqual([text, ...ids]);
  });

  test.each(Object.entries(LONG))('a megabyte of %s, in bounded time', (name, text) => {
    const before = process.cpuUsage();
    const ids = qwen.encode(text);
    const { user, system } = process.cpuUsage(before);
    expect({ count: ids.length, sha256: sha256(ids) }).toEqual(rust.long[name]);
    // Measured: 0.01 to 0.4 s. A quadratic merge takes minutes.
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

describe('made-up tokenizers', () => {
  test.each(MADE_UP)('%s', (name) => {
    const cases = rust.cases[name] ?? [];
    expect(cases.length).toBe(30);
    const made = encoder(new TextEncoder().encode(madeUp(name)));
    for (const [text, ids] of cases) expect([text, ...made.encode(text)]).toEqual([text, ...ids]);
  });
});

describe('other kinds, through @huggingface/tokenizers', () => {
  test.each(OTHERS)('%s', async (name) => {
    const cases = rust.cases[name] ?? [];
    expect(cases.length).toBe(30);
    const opened = await openTokenizer(async () => new TextEncoder().encode(other(name)));
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
    expect(opened.value.engine).toBe('@huggingface/tokenizers');
    for (const [text, ids] of cases)
      expect([text, opened.value.encode(text)]).toEqual([
        text,
        { ok: true, value: Int32Array.from(ids) },
      ]);
  });
});
