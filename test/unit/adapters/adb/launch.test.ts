import { expect, test } from 'vitest';
import { launchScript, readPidLine } from '../../../../src/adapters/adb/launch';

test('the script has one form, with and without environment', () => {
  const cwd = '/data/local/tmp';
  expect(
    launchScript({ argv: ['./run', '-p', "it's"], cwd, env: { A: 'b', LD_PATH: '/x y' } }),
  ).toBe(`echo $$; cd /data/local/tmp && exec env A=b 'LD_PATH=/x y' ./run -p 'it'\\''s'`);
  expect(launchScript({ argv: ['cat'], cwd, env: {} })).toBe(
    'echo $$; cd /data/local/tmp && exec env cat',
  );
});

test('what env would take for something else is a bug', () => {
  const at = { cwd: '/', env: {} };
  expect(() => launchScript({ ...at, argv: ['-i'] })).toThrow('env');
  expect(() => launchScript({ ...at, argv: ['a=b'] })).toThrow('env');
  expect(() => launchScript({ ...at, argv: ['cat'], env: { 'A B': '' } })).toThrow('A B');
});

test('the pid line comes in pieces, or is none', () => {
  expect(readPidLine('')).toEqual({ is: 'partial' });
  expect(readPidLine('12')).toEqual({ is: 'partial' });
  expect(readPidLine('123\nrest\n')).toEqual({ is: 'pid', pid: 123, rest: 'rest\n' });
  expect(readPidLine('0\n')).toEqual({ is: 'wrong' });
  expect(readPidLine('sh: no such thing\n')).toEqual({ is: 'wrong' });
  expect(readPidLine('1'.repeat(40))).toEqual({ is: 'wrong' });
});
