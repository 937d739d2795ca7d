import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeUp } from '../../golden/tokenizer/made-up';
import { cli, ROOT } from './cli';

describe('cli tokenize', () => {
  let dir = '';
  let file = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plugsight-tokenize-'));
    file = join(dir, 'tokenizer.json');
    await writeFile(file, madeUp('added tokens'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('prints an array of ids per line; U+2028 and a lone surrogate are no trouble', async () => {
    const lines = ['"the image"', '""', '"<|a|>"', '"a\u2028b"', '"\\ud800"'];
    expect(await cli(['tokenize', '--tokenizer', file], `${lines.join('\n')}\n`)).toEqual({
      code: 0,
      // Ids of tokenizers 0.23.2 (Rust) for the same texts; it gets U+FFFD for the lone surrogate.
      stdout: '[1782,2168]\n[]\n[3256]\n[64,378,101,65]\n[171,123,121]\n',
      stderr: '',
    });
  });

  test('what is not a JSON string ends it with 1 and the number of the line', async () => {
    const { code, stdout, stderr } = await cli(['tokenize', '--tokenizer', file], '"a"\n12\n"b"\n');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '[64]\n' });
    expect(stderr).toContain('line 2 is not a JSON string');
  });

  test('a file that is no tokenizer ends it with 1 and the reason', async () => {
    const { code, stderr } = await cli(['tokenize', '--tokenizer', join(ROOT, 'package.json')]);
    expect(code).toBe(1);
    expect(stderr).toContain('tokenizer-invalid');
  });

  test.each([
    [[], /commands: .*preprocess.* tokenize/],
    [['tokenise'], /commands: .*preprocess.* tokenize/],
    [['tokenize'], /usage: .*--tokenizer FILE/],
    [['tokenize', '--tokeniser', 'x'], /usage: .*--tokenizer FILE/],
  ])('%j is wrong usage: exit code 2', async (args, said) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });
});
