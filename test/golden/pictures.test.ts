import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { measureFile } from '../../src/cli/bundle-files';

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('sample pictures', () => {
  const dir = join(import.meta.dirname, '../../public/samples');
  const samples = read(join(import.meta.dirname, '../../src/samples.json')) as Record<
    'id' | 'file' | 'title' | 'alt' | 'prompt' | 'sha256',
    string
  >[];

  test('every picture is listed once, with words for people who cannot see it', () => {
    const files = readdirSync(dir);
    expect(samples.map(({ file }) => file).sort()).toEqual(files.sort());
    for (const { id, title, alt, prompt } of samples) {
      expect(id).toMatch(/^[a-z0-9-]+$/);
      for (const words of [title, alt, prompt]) expect(words.length).toBeGreaterThan(4);
    }
  });

  // Links name a sample by its id, so its bytes must never change quietly.
  test.each(samples)('$id has the bytes that samples.json says', async ({ file, sha256 }) => {
    expect((await measureFile(join(dir, file))).sha256).toBe(sha256);
  });
});

test('the 200 questions of the accuracy run have a picture and an answer each', () => {
  const dir = join(import.meta.dirname, 'tiny-vlm');
  const rows = read(join(dir, 'test.json')) as Record<'file' | 'prompt' | 'answer', string>[];
  expect(rows).toHaveLength(200);
  expect(new Set(rows.map(({ file }) => file)).size).toBe(200);
  for (const { file, prompt, answer } of rows) {
    expect(existsSync(join(dir, file)), file).toBe(true);
    expect(prompt).toMatch(/[.?]$/);
    expect(answer).toMatch(/\.$/);
  }
});
