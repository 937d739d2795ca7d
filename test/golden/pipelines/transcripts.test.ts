import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summarise } from '../../../src/cli/run-summary';
import type { Asked } from '../../../src/domain/pipeline';
import { PIPELINES } from '../../../src/pipelines';
import { isPipelineId, type PipelineId } from '../../../src/pipelines/offers';
import { readCases, shuffled, type Case, type Piece } from '../replay';

/** What a person finds in a transcript; what is left out is empty. */
interface Expected {
  /** The question, and those before it: the same must come out with and without. */
  readonly prompt?: string;
  readonly earlier?: readonly string[];
  /** Of the result file, where it is not outputs.txt. */
  readonly fileName?: string;
  readonly text?: string;
  readonly stats?: Readonly<Record<string, number>>;
  readonly phases?: readonly string[];
  readonly ran?: Readonly<Record<string, string>>;
  readonly facts?: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
  readonly finish?: string;
  readonly failure?: { readonly code: string; readonly evidence: string };
}
interface Row {
  readonly pipeline: PipelineId;
  /** Several cases are one run: their output one after the other, and the file of the last that has one. */
  readonly cases: readonly Case[];
  readonly expected: Expected;
}

const here = (...path: string[]) => join(import.meta.dirname, ...path);
const rows = readdirSync(import.meta.dirname).flatMap((pipeline) =>
  isPipelineId(pipeline) && existsSync(here(pipeline, 'expected.json')) ? rowsOf(pipeline) : [],
);

function rowsOf(pipeline: PipelineId): (readonly [string, Row])[] {
  const cases = new Map(
    readCases(readFileSync(here(pipeline, 'transcripts.txt'), 'utf8')).map((one) => [one.id, one]),
  );
  const all = JSON.parse(readFileSync(here(pipeline, 'expected.json'), 'utf8')) as Record<string, Expected>;
  const missing = [...cases.keys()].filter((id) => !Object.hasOwn(all, id));
  if (missing.length) throw new Error(`${pipeline}: nothing expected of ${missing.join(', ')}`);
  return Object.entries(all).map(([name, expected]) => {
    const found = name.split(' + ').map((id) => {
      const one = cases.get(id);
      if (!one) throw new Error(`${pipeline}: there is no case ${id}`);
      return one;
    });
    return [name, { pipeline, cases: found, expected }];
  });
}

const outputOf = ({ cases }: Row) => cases.flatMap(({ output }) => output);

function run(row: Row, pieces: readonly Piece[], about?: Asked) {
  const { pipeline, cases, expected } = row;
  const parser = PIPELINES[pipeline].parser(about);
  const file = cases.map((one) => one.file).findLast(Boolean);
  const files = file === undefined ? undefined : { [expected.fileName ?? 'outputs.txt']: file };
  const exit = cases.map((one) => one.exit).findLast((code) => code !== undefined) ?? 0;
  const events = [
    ...pieces.flatMap(({ from, text }) => [...parser.push(text, from)]),
    ...parser.end(exit, files),
  ];
  const found = summarise(events, PIPELINES[pipeline].requests({}));
  return {
    ...found,
    ran: Object.fromEntries(
      Object.entries(found.backend.proofs).map(([part, { on, line }]) => {
        const said = outputOf(row).map(({ text }) => text).join('');
        expect(said, 'the proof is a line of the program').toContain(line);
        return [part, on];
      }),
    ),
  };
}

function check(row: Row, pieces: readonly Piece[], about?: Asked) {
  const { expected } = row;
  const { text, stats, phases, facts, finish, failure, warnings, ran } = run(row, pieces, about);
  const codes = warnings.map(({ code }) => code);
  expect({ text, stats, phases, facts, finish, ran, warnings: codes, code: failure?.code }).toEqual({
    ...{ text: expected.text ?? '', stats: expected.stats ?? {}, phases: expected.phases ?? [] },
    ...{ facts: expected.facts ?? {}, finish: expected.finish ?? null, ran: expected.ran ?? {} },
    ...{ warnings: expected.warnings ?? [], code: expected.failure?.code },
  });
  expect(failure?.evidence ?? '').toContain(expected.failure?.evidence ?? '');
}

test('there are transcripts', () => expect(rows.length).toBeGreaterThan(40));

test.each(rows)('%s: whole', (_, row) => check(row, outputOf(row)));

test.each(rows)('%s: one character at a time', (_, row) =>
  check(row, outputOf(row).flatMap(({ from, text }) => [...text].map((c) => ({ from, text: c })))),
);

test.each(rows)('%s: any chunks, the two streams in any order', (_, row) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }), (dice) => {
      let at = 0;
      check(row, shuffled(outputOf(row), () => dice[at++ % dice.length] ?? 0));
    }),
    { numRuns: 15 },
  );
});

test.each(rows.filter(([, { expected }]) => expected.prompt !== undefined))(
  '%s: the question given',
  (_, row) => {
    const { prompt = '', earlier = [] } = row.expected;
    check(row, outputOf(row), { prompt, earlier });
  },
);
