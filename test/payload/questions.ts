import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GOLDEN, picture, type NativeRunner } from './native-runner';

interface Question {
  readonly file: string;
  readonly prompt: string;
  readonly answer: string;
}

/** The 200 unseen questions of test/golden/tiny-vlm, or the first of them. */
export async function questions(count = 200): Promise<readonly Question[]> {
  const all = JSON.parse(await readFile(join(GOLDEN, 'test.json'), 'utf8')) as Question[];
  return all.slice(0, count);
}

/** What a runner says to each question, `at` giving the picture's path as it sees it. */
export async function answersOf(
  runner: NativeRunner,
  asked: readonly Question[],
  at = picture,
): Promise<readonly string[]> {
  await runner.expect('ready');
  const ids = asked.map(({ file, prompt }) => runner.ask({ image: at(file), prompt }));
  const texts: string[] = [];
  for (const id of ids) texts.push((await runner.answer(id)).text);
  return texts;
}

/** Share of answers that are exactly right. */
export const share = (asked: readonly Question[], texts: readonly string[]): number =>
  asked.filter(({ answer }, i) => answer === texts[i]).length / asked.length;

/** What the same model says in torch, another engine: test/golden/tiny-vlm/origin.md. */
export const torchAnswers = async () =>
  JSON.parse(await readFile(join(GOLDEN, 'torch.json'), 'utf8')) as readonly string[];
