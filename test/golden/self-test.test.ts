import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../../src/cli/bundle-files';

const GOLDEN = join(import.meta.dirname, 'tiny-vlm');
const PAYLOAD = join(import.meta.dirname, '../../device-payload/tiny-vlm');
const json = async (name: string) => JSON.parse(await readFile(join(GOLDEN, name), 'utf8')) as unknown;

test('what the self-test expects of Tiny VLM is what torch said, and right', async () => {
  const questions = (await json('test.json')) as { file: string; prompt: string; answer: string }[];
  const torch = (await json('torch.json')) as string[];
  const cases = (await readManifest(PAYLOAD)).model?.selfTest?.cases ?? [];
  expect(cases.length).toBeGreaterThan(5);
  for (const { picture, prompt, answer } of cases) {
    const file = picture.path.replace('self-test/', '');
    const at = questions.findIndex((question) => question.file === file);
    expect({ prompt, answer }).toEqual({ prompt: questions[at]?.prompt, answer: torch[at] });
    expect(answer).toBe(questions[at]?.answer);
    const [here, there] = await Promise.all([
      readFile(join(PAYLOAD, picture.url)),
      readFile(join(GOLDEN, file)),
    ]);
    expect(here.equals(there)).toBe(true);
  }
});
