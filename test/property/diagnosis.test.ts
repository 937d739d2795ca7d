import fc from 'fast-check';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/pipelines/catalogue';
import { createDiagnosis } from '../../src/pipelines/diagnosis';
import { EXAMPLES } from '../../src/pipelines/examples';
import { readCases } from '../golden/replay';

const golden = join(import.meta.dirname, '../golden');

const pipelinesFolder = join(golden, 'pipelines');
type Expected = Readonly<Record<string, { readonly finish?: string; readonly failure?: unknown }>>;

/** Cases of a pipeline's transcripts that end in a whole answer. */
function answered(folder: string) {
  const text = (name: string) => readFileSync(join(pipelinesFolder, folder, name), 'utf8');
  const expected = JSON.parse(text('expected.json')) as Expected;
  return readCases(text('transcripts.txt')).filter(
    ({ id }) => expected[id]?.finish && !expected[id].failure,
  );
}

/** Lines of runs that went well. */
const good = [
  ...EXAMPLES.filter(({ code }) => code === undefined).flatMap(({ stdout, stderr }) => [
    ...stdout,
    ...stderr,
  ]),
  ...readdirSync(pipelinesFolder)
    .filter((folder) => existsSync(join(pipelinesFolder, folder, 'expected.json')))
    .flatMap(answered)
    .flatMap(({ output }) => output.map(({ text }) => text.replace(/\n$/, ''))),
];

const pipelines = [...new Set(CATALOGUE.flatMap((row) => (row.in === 'all' ? [] : row.in)))];
const logs = fc.array(fc.oneof(fc.constantFrom(...good), fc.string()), { maxLength: 60 });

test('good lines in any order and number never fail a good run', () => {
  expect(good.length).toBeGreaterThan(100);
  fc.assert(
    fc.property(fc.constantFrom(...pipelines), logs, (pipeline, lines) => {
      const reader = createDiagnosis(pipeline);
      for (const line of lines) reader.see(line);
      expect(reader.failure(0)).toBeUndefined();
    }),
  );
});

test('among good lines and in any order the root cause wins', () => {
  const root = 'Failed to create device_handle for Backend ID 6, error=14001';
  const consequences = [
    'Fail to initialize Qnn Manager',
    'Init failed for backend QnnBackend: 0x1',
  ];
  fc.assert(
    fc.property(
      logs,
      fc.shuffledSubarray([root, ...consequences], { minLength: 3 }),
      (noise, said) => {
        const reader = createDiagnosis('omniinfer');
        for (const line of [...noise, ...said, ...noise]) reader.see(line);
        expect(reader.failure(134)).toEqual({
          code: 'qnn-device',
          detail: `${root}; exit code 134`,
        });
      },
    ),
  );
});

test('an exit code that says trouble always has a reason', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...pipelines),
      logs,
      fc.integer({ min: 1, max: 255 }),
      (pipeline, lines, exit) => {
        const reader = createDiagnosis(pipeline);
        for (const line of lines) reader.see(line);
        expect(reader.failure(exit)?.detail).toContain(`exit code ${exit}`);
      },
    ),
  );
});
