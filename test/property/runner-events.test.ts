import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ParsedEvent } from '../../src/domain/run';
import { Lines } from '../../src/pipelines/lines';
import { runnerEventParser } from '../../src/pipelines/runner-events';

const golden = join(import.meta.dirname, '../golden/pipelines/llama-runner');
const transcripts = readdirSync(golden).map((name) =>
  readFileSync(join(golden, name, 'stdout.txt'), 'utf8'),
);

/** Cuts a text at these places, each taken modulo its length. */
function cut(text: string, places: readonly number[]): string[] {
  const at = places.map((place) => place % (text.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((start, i) => text.slice(start, at[i] ?? text.length));
}
const places = fc.array(fc.nat(), { maxLength: 40 });
const whole = (text: string) => parse([text]);
function parse(chunks: readonly string[]): ParsedEvent[] {
  const parser = runnerEventParser();
  return [...chunks.flatMap((chunk) => [...parser.push(chunk, 'stdout')]), ...parser.end(0)];
}

test('any chunking of a transcript gives the same events', () => {
  fc.assert(
    fc.property(fc.constantFrom(...transcripts), places, (text, at) => {
      expect(parse(cut(text, at))).toEqual(whole(text));
    }),
  );
  for (const text of transcripts) expect(parse([...text])).toEqual(whole(text));
});

test('any chunking gives the same lines, over-long ones and CRLF included', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), maxLength: 60 });
  const lines = (chunks: readonly string[]) => {
    const cutter = new Lines(4);
    return [...chunks.flatMap((chunk) => cutter.push(chunk)), ...cutter.end()];
  };
  fc.assert(
    fc.property(text, places, (given, at) => {
      const expected = lines([given]);
      expect(lines(cut(given, at))).toEqual(expected);
      expect(Math.max(0, ...expected.map(({ length }) => length))).toBeLessThanOrEqual(4);
      expect(expected.join('')).toBe(given.replace(/\r?\n|\r$/g, ''));
    }),
    // Found while writing: a "\r" that a cut leaves alone in front of "\n".
    { examples: [['abcd\r\n', [4]]], numRuns: 500 },
  );
});

test('garbage and mutated events never throw and say nothing that is not an event', () => {
  const fields = fc.dictionary(
    fc.constantFrom('event', 'protocol', 'text', 'tokens', 'code', 'message', 'finish', 't_ms'),
    fc.oneof(
      fc.constantFrom('ready', 'prompt', 'token', 'done', 'error', 'stop', '__proto__'),
      fc.jsonValue(),
    ),
  );
  const line = fc.oneof(
    fc.string(),
    fields.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(line), fc.nat(255), (lines, exitCode) => {
      const parser = runnerEventParser();
      const events = [...parser.push(lines.join('\n'), 'stdout'), ...parser.end(exitCode)];
      for (const event of events)
        if (event.kind === 'stat') expect(Number.isFinite(event.value)).toBe(true);
      expect(events.some(({ kind }) => kind === 'failed') || exitCode === 0).toBe(true);
    }),
  );
});
