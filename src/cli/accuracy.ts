import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './commands';
import { PageDriver } from './page-driver';

/** 200 unseen questions: test/golden/tiny-vlm/origin.md. */
const QUESTIONS = join(ROOT, 'test/golden/tiny-vlm');
/** The training report says 97 % of 600; with 200 questions, three standard deviations below that are 93.4 %. */
const MIN_RIGHT = 0.94;
/** Quantised weights may tip a close call; a fault in the page's path would tip many. */
const MIN_SAME = 0.98;

interface Question {
  readonly file: string;
  readonly prompt: string;
  readonly answer: string;
  readonly kind: string;
}

/** The model's answer to one question, by the page's own path. Throws with the failure's code. */
async function ask({ page }: PageDriver, { file, prompt }: Question): Promise<string> {
  const base64 = (await readFile(join(QUESTIONS, file))).toString('base64');
  const outcome = await page.evaluate(
    async (given) => {
      const bytes = Uint8Array.from(atob(given.base64), (c) => c.charCodeAt(0));
      const picture = new Blob([bytes], { type: 'image/png' });
      return window.plugsight?.ask(picture, given.file, given.prompt);
    },
    { base64, file, prompt },
  );
  if (!outcome) throw new Error('the page has no window.plugsight');
  if ('code' in outcome) throw new Error(`${file}: ${outcome.code} ${outcome.detail ?? ''}`);
  if (outcome.failure) throw new Error(`${file}: ${outcome.failure.code}`);
  return outcome.text.trim();
}

/** `npm run test:accuracy`: all questions through the built page and the virtual phone in a real Chromium. */
async function main(): Promise<void> {
  const questions = JSON.parse(
    await readFile(join(QUESTIONS, 'test.json'), 'utf8'),
  ) as readonly Question[];
  const torch = JSON.parse(
    await readFile(join(QUESTIONS, 'torch.json'), 'utf8'),
  ) as readonly string[];
  await using driver = await PageDriver.open((line) => console.error(line));
  await driver.connectVirtual();
  const started = performance.now();
  const right = new Map<string, number>();
  const asked = new Map<string, number>();
  const wrong: string[] = [];
  let same = 0;
  for (const [index, question] of questions.entries()) {
    const { kind, answer, file, prompt } = question;
    asked.set(kind, (asked.get(kind) ?? 0) + 1);
    const said = await ask(driver, question);
    if (said === torch[index]) same += 1;
    if (said === answer) right.set(kind, (right.get(kind) ?? 0) + 1);
    else wrong.push(`${file} ${prompt}\n  said  "${said}"\n  right "${answer}"`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(wrong.join('\n'));
  for (const [kind, count] of asked) console.log(`${kind}: ${right.get(kind) ?? 0}/${count}`);
  const total = questions.length;
  const percent = (count: number) =>
    `${count} of ${total} (${((count / total) * 100).toFixed(1)} %)`;
  console.log(`${percent(total - wrong.length)} right, in ${seconds} s`);
  console.log(`${percent(same)} the same words as torch at f32, which has no part of this path`);
  const good = total - wrong.length >= MIN_RIGHT * total && same >= MIN_SAME * total;
  console.log(`${good ? 1 : 0} passed, ${good ? 0 : 1} failed, 0 skipped`);
  process.exitCode = good ? 0 : 1;
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
});
