import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { omniinferParser } from '../../src/pipelines/omniinfer/parser';
import { qnnMultimodalParser } from '../../src/pipelines/qnn-multimodal/parser';
import { readCases } from '../golden/replay';

const PARSERS = { omniinfer: omniinferParser, 'qnn-multimodal': qnnMultimodalParser } as const;
const names = Object.keys(PARSERS) as (keyof typeof PARSERS)[];
const read = (name: string) =>
  readCases(
    readFileSync(join(import.meta.dirname, `../golden/pipelines/${name}/transcripts.txt`), 'utf8'),
  );
const cases = names.flatMap(read);
const lines = cases.flatMap(({ output }) => output.map(({ text }) => text));

/** Lines of real transcripts, whole, cut, glued and mixed with noise. */
const line = fc.oneof(
  fc.constantFrom(...lines),
  fc.tuple(fc.constantFrom(...lines), fc.nat(300)).map(([text, at]) => text.slice(0, at)),
  fc.tuple(fc.constantFrom(...lines), fc.nat(60)).map(([text, at]) => text.slice(at)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'PyTorchObserver {"prompt_tokens":1e999}\n',
    'PyTorchObserver {{\n',
    '\r\n',
    '\t',
  ),
);
const chunk = fc.record({ from: fc.constantFrom('stdout', 'stderr'), text: line });
const file = fc.oneof(
  fc.constantFrom('', ...cases.flatMap((one) => (one.file ? [one.file] : []))),
  fc.string({ unit: 'binary' }),
);

test('whatever is printed: no throw, one end at most, figures that are numbers', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(chunk, { maxLength: 30 }),
      fc.option(file, { nil: undefined }),
      fc.nat(255),
      (name, chunks, output, exitCode) => {
        const parser = PARSERS[name]();
        const events = [
          ...chunks.flatMap(({ text, from }) => [...parser.push(text, from)]),
          ...parser.end(
            exitCode,
            output === undefined ? undefined : { 'outputs/outputs.txt': output },
          ),
        ];
        const ends = events.filter(({ kind }) => kind === 'end' || kind === 'failed');
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(ends).toEqual(ends.length ? events.slice(-1) : []);
        if (exitCode !== 0) expect(ends[0]?.kind).toBe('failed');
        for (const event of events) {
          if (event.kind === 'stat') expect(event.value).toBeGreaterThanOrEqual(0);
          if (event.kind === 'stat' || event.kind === 'span')
            expect(Number.isFinite(event.kind === 'stat' ? event.value : event.ms)).toBe(true);
          if (event.kind === 'text') expect(event.text).not.toMatch(/<\|im_end\|>/);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an answer is never made of a log alone', () => {
  for (const name of names)
    for (const { id, output, exit } of read(name)) {
      if (id.startsWith('a2-ok')) continue; // this program prints its answer as well
      const parser = PARSERS[name]();
      const events = [
        ...output.flatMap(({ text, from }) => [...parser.push(text, from)]),
        ...parser.end(exit ?? 0, {}),
      ];
      expect(
        events.filter(({ kind }) => kind === 'end' || kind === 'text'),
        id,
      ).toEqual([]);
    }
});

test('a flood of one line is read in bounded memory and in time', () => {
  const parser = qnnMultimodalParser();
  const text = 'x'.repeat(1 << 16);
  const started = performance.now();
  let longest = 0;
  for (let i = 0; i < 256; i++)
    for (const event of [...parser.push(text, 'stdout'), ...parser.push(text, 'stderr')])
      if (event.kind === 'log') longest = Math.max(longest, event.line.length);
  expect(longest).toBe(8192);
  expect(performance.now() - started).toBeLessThan(10_000);
});
