import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/pipelines/catalogue';
import { createDiagnosis } from '../../src/pipelines/diagnosis';
import { EXAMPLES, type Example } from '../../src/pipelines/examples';

const linesOf = ({ stdout, stderr }: Example) => [...stdout, ...stderr];

function diagnose(pipeline: string, lines: readonly string[], exit: number) {
  const diagnosis = createDiagnosis(pipeline);
  for (const line of lines) diagnosis.see(line);
  return diagnosis.failure(exit);
}

test('each example has a name of its own', () => {
  expect(new Set(EXAMPLES.map(({ id }) => id)).size).toBe(EXAMPLES.length);
});

const read = EXAMPLES.filter(({ id }) => id !== 'text-load'); // the text runner's parser says it
test.each(read.map((one) => [one.id, one] as const))('%s gets its code', (_, one) => {
  const failure = diagnose(one.pipeline, linesOf(one), one.exitCode);
  expect(failure?.code).toBe(one.code);
  if (failure && one.exitCode) expect(failure.detail).toContain(`exit code ${one.exitCode}`);
});

test.each(CATALOGUE.map((row) => [row.code, String(row.seen ?? row.exits), row] as const))(
  '%s, %s, has an example',
  (code, _, row) => {
    const showing = EXAMPLES.filter(
      (one) =>
        (row.in === 'all' || row.in.includes(one.pipeline)) &&
        (row.seen
          ? linesOf(one).some((line) => row.seen?.test(line))
          : row.exits?.includes(one.exitCode)),
    );
    // A note's example is a good run.
    const wanted = row.weight === 'note' ? undefined : code;
    expect(showing.map((one) => one.code)).toContain(wanted);
  },
);

test('the evidence is the line that shows the root', () => {
  const one = EXAMPLES.find(({ id }) => id === 'qnn-device');
  expect(diagnose('omniinfer', linesOf(one!), 134)?.detail).toBe(
    '[ERROR] [Qnn ExecuTorch]: Failed to create device_handle for Backend ID 6, error=14001; exit code 134',
  );
});

test('a runner that is not of this pipeline says other things', () => {
  expect(diagnose('llava', ['Failed to create the dialog.'], 1)?.code).toBe('runner-crashed');
});

test('an answer that is missing in spite of exit code 0 has the reason that was seen', () => {
  const diagnosis = createDiagnosis('omniinfer');
  diagnosis.see('[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager');
  expect(diagnosis.failure(0)).toBeUndefined();
  expect(diagnosis.failure(0, false)?.code).toBe('qnn-manager');
});

test('evidence is capped', () => {
  const long = diagnose('fastvlm', [`Failed to create the dialog ${'x'.repeat(100_000)}`], 1);
  expect(long?.detail?.length).toBeLessThan(600);
});

test('what does not end a run is still told', () => {
  const diagnosis = createDiagnosis('omniinfer');
  diagnosis.see('❌ Failed to load HTP ops library');
  expect(diagnosis.failure(0)).toBeUndefined();
  expect(diagnosis.notes()).toEqual([
    { code: 'npu-ops-missing', detail: '❌ Failed to load HTP ops library' },
  ]);
});
