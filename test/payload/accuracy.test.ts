import { expect, test } from 'vitest';
import { NativeRunner, programOf, whyNot } from './native-runner';
import { answersOf, questions, share, torchAnswers } from './questions';

/** Answers of 200 that quantised weights (q8_0 here, f32 in torch) may turn to another word. */
const MAY_DIFFER = 3;

test.for(['x86_64', 'x86_64-avx2'])(
  '%s answers the 200 questions',
  { timeout: 300_000 },
  async (build, { skip }) => {
    const reason = whyNot(build);
    if (reason) skip(reason);
    const asked = await questions();
    await using runner = new NativeRunner(programOf(build));
    const texts = await answersOf(runner, asked);
    const torch = await torchAnswers();
    const differ = texts.filter((text, i) => text !== torch[i]).length;
    const right = Math.round(share(asked, texts) * asked.length);
    console.log(`${build}: ${right} of ${asked.length} right, ${differ} differ from torch`);
    expect(differ).toBeLessThanOrEqual(MAY_DIFFER);
    expect(right).toBeGreaterThanOrEqual(190 - MAY_DIFFER); // torch: 190
  },
);
