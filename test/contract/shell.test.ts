import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_CAPTURE_BYTES, quote } from '../../src/domain/device';
import { NEVER, valueOf } from '../unit/adapters/adb/rig';
import { expectGone, push, sh } from './ask';
import { HOME, onEachDevice } from './phones';

type Expected = readonly [stdout: string, stderr: RegExp, exitCode: number];
const NOTHING = /^$/;

/** Scripts, and what every phone answers. */
const SCRIPTS: Readonly<Record<string, Expected>> = {
  'echo out; echo err >&2; exit 3': ['out\n', /^err\n$/, 3],
  true: ['', NOTHING, 0],
  false: ['', NOTHING, 1],
  'exit 126': ['', NOTHING, 126],
  'exit 127': ['', NOTHING, 127],
  'exit 255': ['', NOTHING, 255],
  'exit 256': ['', NOTHING, 0],
  'kill -9 $$; echo no': ['', NOTHING, 137],
  'kill -15 $$; echo no': ['', NOTHING, 143],
  'sh -c "exit 7"': ['', NOTHING, 7],
  no_such_command: ['', /no_such_command: inaccessible or not found/, 127],
  './missing': ['', /missing: inaccessible or not found/, 127],
  './plain': ['', /plain: can't execute: Permission denied/, 126],
  'exec env ./missing': ['', /^env: exec .\/missing: No such file or directory\n$/, 127],
  'exec env ./plain': ['', /^env: exec .\/plain: Permission denied\n$/, 126],
  'mkdir folder; exec env ./folder': ['', /^env: exec .\/folder: Permission denied\n$/, 126],
  "printf '%s|' 'a  b' 'it'\\''s' '☃' ''": ["a  b|it's|☃||", NOTHING, 0],
  'echo \'tab\there\'; echo "two\nlines"': ['tab\there\ntwo\nlines\n', NOTHING, 0],
  'x=$(echo sub); echo "[$x]" $((1+2))': ['[sub] 3\n', NOTHING, 0],
  'for i in 1 2 3; do echo $i; done | tail -1': ['3\n', NOTHING, 0],
  'echo one; sleep 0.1; echo two': ['one\ntwo\n', NOTHING, 0],
  cat: ['', NOTHING, 0],
  'exec cat': ['', NOTHING, 0],
  'read x; echo "[$x]$?"': ['[]1\n', NOTHING, 0],
  'cat plain; echo; cat plain': ['text\n\ntext\n', NOTHING, 0],
  'cat missing plain': ['text\n', /^cat: missing: No such file or directory\n$/, 1],
  'cat .': ['', /^cat: .: Is a directory\n$/, 1],
  'exec cat missing plain': ['text\n', /^cat: missing: No such file or directory\n$/, 1],
  'exec cat < plain': ['text\n', NOTHING, 0],
  'exec cat plain > copy': ['', NOTHING, 0],
  'exec cat plain >> copy': ['', NOTHING, 0],
  'cat copy; rm copy': ['text\ntext\n', NOTHING, 0],
  'exec cat missing 2> words': ['', NOTHING, 1],
  'exec cat missing 2>/dev/null': ['', NOTHING, 1],
  'exec cat words missing > both 2>&1': ['', NOTHING, 1],
  'cat both': ['cat: missing: No such file or directory\n'.repeat(2), NOTHING, 0],
  'exec env A=b sh -c \'echo "$A"\' > said': ['', NOTHING, 0],
  'cat said': ['b\n', NOTHING, 0],
  'exec cat < missing': ['', /missing: .*No such file or directory/, 1],
  'exec cat > nowhere/x': ['', /nowhere\/x: .*No such file or directory/, 1],
  'exec cat > /data/x': ['', /\/data\/x: .*Permission denied/, 1],
  'printf abcdef | head -c 3': ['abc', NOTHING, 0],
};

onEachDevice('shell', (device) => {
  test('a plain file is there', async () => {
    valueOf(await push(device(), `${HOME}/plain`, new TextEncoder().encode('text\n')));
  });

  test.each(Object.entries(SCRIPTS))('%s', async (script, expected) => {
    const { stdout, stderr, exitCode } = await sh(device(), `cd ${HOME}; ${script}`);
    const [text, words, code] = expected;
    expect({ stdout, exitCode }).toEqual({ stdout: text, exitCode: code });
    expect(stderr).toMatch(words);
  });

  test('any text reaches a command as it is', async () => {
    const argument = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((text) => !text.includes('\0') && text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { minLength: 1, maxLength: 6 }), async (args) => {
        const { stdout } = await sh(device(), `printf '%s|' ${args.map(quote).join(' ')}`);
        expect(stdout).toBe(args.map((arg) => `${arg}|`).join(''));
      }),
      { numRuns: 25 },
    );
  });

  test('1 MB of lines arrives whole, on each pipe', async () => {
    const text = 'all work and no play\n'.repeat(50_000);
    valueOf(await push(device(), `${HOME}/lines`, new TextEncoder().encode(text)));
    const both = await sh(device(), `cat ${HOME}/lines; cat ${HOME}/lines >&2; exit 5`);
    expect(both.stdout === text && both.stderr === text).toBe(true);
    expect(both.exitCode).toBe(5);
  });

  test('output over the cap is a flood, and nothing is left running', async () => {
    const script = `echo $$ > ${HOME}/pid; exec cat ${`${HOME}/lines `.repeat(5)}`;
    expect(await device().shell(script, NEVER)).toMatchObject({
      failure: { code: 'output-flood', detail: `more than ${MAX_CAPTURE_BYTES} bytes` },
    });
    await expectGone(device(), `$(cat ${HOME}/pid)`);
  });

  test('a stop ends the command', async () => {
    const stop = new AbortController();
    const script = `echo $$ > ${HOME}/pid; exec sleep 4711`;
    const running = device().shell(script, stop.signal);
    await sh(device(), `until [ -s ${HOME}/pid ]; do sleep 0.05; done`);
    stop.abort();
    expect(await running).toMatchObject({ failure: { code: 'cancelled' } });
    await expectGone(device(), `$(cat ${HOME}/pid)`);
  });
});
