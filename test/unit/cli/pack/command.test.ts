import { spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPackOptions } from '../../../../src/cli/pack/options';
import { ROOT } from '../../../../src/cli/commands';
import { Folder, GOOD } from '../../../fakes/sdks';

const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
/** The command as a person starts it. */
function cli(...args: string[]) {
  const argv = [TSX, join(ROOT, 'src/cli/cli.ts'), 'payload', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('pack, check, pack again: what a person reads, and the exit codes', async () => {
  await using folder = await Folder.of(GOOD['llava']!.tree);
  const to = folder.path('host');
  const packed = cli('pack', 'llava', '--from', folder.root, '--to', to);
  expect(packed).toMatchObject({ status: 0 });
  expect(packed.stdout).toMatch(/^runner llava@[0-9a-f]{12}: ExecuTorch LLaVA/);
  expect(packed.stdout).toMatch(/model llava-1\.5-7b@/);
  const checked = cli('check', to, '--json');
  expect(checked.status).toBe(0);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    bundles: [{ manifest: { id: 'llava' } }, { manifest: { id: 'llava-1.5-7b' } }],
  });
  const again = cli('pack', 'llava', '--from', folder.root, '--to', to);
  expect(again).toMatchObject({ status: 2, stdout: '' });
  expect(again.stderr).toMatch(/is there already; --force/);
});

test('a refusal is said with file, reason and source, and nothing is written', async () => {
  await using folder = await Folder.of(GOOD['llava']!.tree);
  await rm(folder.path('model/tokenizer.bin'));
  const packed = cli('pack', 'llava', '--from', folder.root, '--to', folder.path('host'));
  expect(packed).toMatchObject({ status: 1, stdout: '' });
  expect(packed.stderr).toBe(
    [
      'refused  tokenizer.bin',
      '         missing in the folders given',
      '         → the same export: it writes tokenizer.bin beside llava.pte',
      'warning  tokenizer.json',
      '         not there: the page then bounds a question by its bytes instead of counting its tokens',
      '         → llava-hf/llava-1.5-7b-hf on Hugging Face, tokenizer.json',
      '',
      'Nothing was written.',
      '',
    ].join('\n'),
  );
  expect(await readdir(folder.root)).not.toContain('host');
});

const DIRS = ['--from', '.', '--to', 'x'];
test.each<[string[], RegExp]>([
  [[], /"" is no recipe: omniinfer, /],
  [['constructor', ...DIRS], /is no recipe/],
  [['llava', '--from', '.'], /--from and --to are needed/],
  [['llava', ...DIRS, '--arch', '75'], /--arch: "75" is not like v75/],
  [['llava', ...DIRS, '--soc', 'snapdragon'], /--soc: "snapdragon" is not like SM8650/],
  [['llava', ...DIRS, '--sdk', 'latest'], /--sdk: "latest" is not like 2\.37/],
  [['llava', ...DIRS, '--part', 'all'], /--part: "all" is none of runner, model/],
  [['llava', ...DIRS, '--fact', 'a b=1'], /--fact: "a b=1" is not like/],
  [['llava', ...DIRS, '--file', 'x=y'], /--file: "x" is none of program, model, tokenizer/],
  [['llava', ...DIRS, '--file', 'model=/nowhere'], /there is no file "\/nowhere"/],
  [['llava', ...DIRS, '--id', 'mine'], /add --part/],
  [['llava', ...DIRS, '--bogus'], /Unknown option '--bogus'/],
])('payload pack %j is refused with words', async (args, words) => {
  await expect(readPackOptions(args)).rejects.toThrow(words);
});

test('several folders behind one --from, several chips behind one --soc', async () => {
  const words = ['llava', '--from', 'a', 'b', '--from', 'c', '--to', 'x', '--soc', 'SM8650,SM8750'];
  const options = await readPackOptions([
    ...words,
    '--fact',
    'a=1',
    '--fact',
    'b=true',
    '--fact',
    'c=x=y',
  ]);
  expect([...options.folders].sort()).toEqual(['a', 'b', 'c']);
  expect(options.wishes.socs).toEqual(['SM8650', 'SM8750']);
  expect(options.wishes.facts).toEqual({ a: 1, b: true, c: 'x=y' });
});
