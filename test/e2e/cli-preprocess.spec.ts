import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { pathOf, VECTORS } from '../golden/preprocess/vectors';

const ROOT = join(import.meta.dirname, '../..');

/** `npm run -s cli -- preprocess ...` without npm: lines of stdout as JSON, and the exit code. */
function preprocess(...args: string[]): { lines: unknown[]; code: number | null; stderr: string } {
  const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
  const argv = [tsx, join(ROOT, 'src/cli/cli.ts'), 'preprocess', ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const lines = stdout.split('\n').filter(Boolean);
  return { lines: lines.map((line) => JSON.parse(line) as unknown), code: status, stderr };
}

test('prints what a model reads, one line per picture, and writes the bytes', () => {
  test.setTimeout(150_000);
  const out = mkdtempSync(join(tmpdir(), 'plugsight-cli-'));
  try {
    const images = [pathOf('rgba_320x240.png'), pathOf('bad_truncated.jpg')];
    const options = ['--profile', 'qwen2_5_vl/256tok', '--param', 'alpha=white', '--out', out];
    const { lines, code } = preprocess(...options, '--image', ...images);
    const c = VECTORS.cases.find((v) => v.id === 'rgba_320x240.png|qwen2_5_vl/256tok|white');
    if (!c) throw new Error('the case is gone');
    expect(lines[0]).toMatchObject({
      image: images[0],
      profile: 'qwen2_5_vl/256tok',
      rgb_sha256: VECTORS.images['rgba_320x240.png']?.rgb_white_sha256,
      width: 320,
      height: 240,
      tokens: c.tokens,
      outputs: Object.entries(c.outputs).map(([name, o]) => ({
        name,
        dtype: o.dtype,
        shape: o.shape,
        bytes: o.nbytes,
        sha256: o.sha256,
      })),
    });
    expect(lines[1]).toEqual({
      image: images[1],
      error: { code: 'image-damaged', message: 'the JPEG is cut off: its end is missing' },
    });
    expect(code).toBe(1);
    const written = readFileSync(join(out, 'rgba_320x240.png', 'pixel_values.bin'));
    const sha256 = createHash('sha256').update(written).digest('hex');
    expect(sha256).toBe(c.outputs['pixel_values']?.sha256);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test('says what is wrong with its arguments', () => {
  const picture = pathOf('tiny_7x5.png');
  for (const [args, words] of [
    [['--profile', 'nothing/like-that', '--image', picture], 'there is no "nothing/like-that"'],
    [['--profile', 'smolvlm/512'], 'no picture'],
    [['--profile', 'smolvlm/512', '--param', 'max_pixels=3', '--image', picture], 'smolvlm has'],
    [['--profile', 'smolvlm/512', '--param', 'tile=one', '--image', picture], 'not a number'],
  ] as const) {
    const { code, stderr, lines } = preprocess(...args);
    expect([code, lines]).toEqual([2, []]);
    expect(stderr).toContain(words);
  }
});
