import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { launchScript } from '../../src/adapters/adb/launch';
import { quote } from '../../src/domain/device';

// Windows has no POSIX shell to ask.
const onPosix = test.skipIf(process.platform === 'win32');

/** Any text that can be an argument: no NUL, and no lone surrogate, which UTF-8 cannot carry. */
const argument = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom(...`'"\\\`$(){}[]<>|&;!*?~#%^=-+@,. \t\n\r`),
      maxLength: 20,
    }),
  )
  .map((text) => text.replaceAll('\0', ''));

/** Runs a script in a real shell; fails the test when the shell does. */
function sh(script: string): string {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

onPosix('a real sh gives back every quoted argument', () => {
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 8 }), (args) => {
      // printf repeats its format for each argument; NUL cannot be inside one, so it ends each
      const printed = sh(`printf '%s\\0' ${args.map(quote).join(' ')}`);
      expect(printed).toBe(args.map((arg) => `${arg}\0`).join(''));
    }),
    { numRuns: 150 },
  );
});

onPosix('a started program gets its arguments and its environment as they were given', () => {
  const show = 'console.log(JSON.stringify([process.argv.slice(1), process.env.PLUGSIGHT_TEST]))';
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 5 }), argument, (args, value) => {
      const argv = [process.execPath, '-e', show, '--', ...args] as const;
      const script = launchScript({ argv, cwd: '/', env: { PLUGSIGHT_TEST: value } });
      const [pid, answer] = sh(script).split('\n');
      expect(pid).toMatch(/^[0-9]+$/);
      expect(JSON.parse(answer ?? '')).toEqual([args, value]);
    }),
    { numRuns: 15 },
  );
});

test('NUL cannot be an argument', () => {
  expect(() => quote('a\0b')).toThrow('NUL');
});
