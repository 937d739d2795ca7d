import { expect, test } from 'vitest';
import { runnerEventParser } from '../../../src/pipelines/runner-events';

const ready = '{"event":"ready","protocol":1}\n';
const failures = (stdout: string, exitCode: number) => {
  const parser = runnerEventParser();
  return [...parser.push(stdout, 'stdout'), ...parser.end(exitCode)].flatMap((event) =>
    event.kind === 'failed' ? [event.failure.code] : [],
  );
};

test.each([
  [0, '', []],
  [126, '', ['device-denied']],
  [127, '', ['device-file-missing']],
  [132, ready, ['runner-illegal-instruction']],
  [137, ready, ['runner-crashed']],
  [137, '', ['runner-load']],
  [1, '', ['runner-load']],
])('exit code %i after "%s" means %j', (exitCode, stdout, expected) => {
  expect(failures(stdout, exitCode)).toEqual(expected);
});

test('a protocol higher than ours is refused, with both numbers', () => {
  const events = runnerEventParser().push('{"event":"ready","protocol":2}\n', 'stdout');
  expect(events).toEqual([
    {
      kind: 'failed',
      failure: {
        code: 'runner-protocol',
        detail: 'the runner speaks protocol 2, this page 1',
      },
    },
  ]);
});

test('a rate is never made of a single token or of no time', () => {
  const parser = runnerEventParser();
  const events = [
    ...parser.push('{"event":"prompt","prompt_tokens":9,"prefill_ms":0}\n', 'stdout'),
    ...parser.push(
      '{"event":"done","finish":"stop","text":"","tokens":1,"tokens_per_s":99}\n',
      'stdout',
    ),
  ];
  const names = events.flatMap((event) => (event.kind === 'stat' ? [event.name] : []));
  expect(names).toEqual(['prompt_tokens', 'prefill_ms', 'tokens']);
});

test('log lines, details and facts are bounded', () => {
  const parser = runnerEventParser();
  const long = 'x'.repeat(3_000_000);
  const events = [
    ...parser.push(
      `${long}\n{"event":"ready","protocol":1,"engine":"${long.slice(0, 9e5)}"}\n`,
      'stdout',
    ),
    ...parser.push(`{"event":"error","message":"${long.slice(0, 9e5)}"}\n`, 'stdout'),
    ...parser.push(long, 'stderr'),
    ...parser.end(1),
  ];
  const longest = Math.max(...events.map((event) => JSON.stringify(event).length));
  expect(longest).toBeLessThan(8300);
});

test('a line of 1 MiB in chunks of one character is read in time', () => {
  const parser = runnerEventParser();
  const line = `{"event":"token","text":"${'y'.repeat(1_000_000)}"}\n`;
  const started = performance.now();
  const events = [...line].flatMap((letter) => [...parser.push(letter, 'stdout')]);
  expect(events).toMatchObject([{ kind: 'text' }]);
  expect(performance.now() - started).toBeLessThan(10_000);
});
