import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RUNNER_TEMPLATES } from '../../../../src/templates/runners';
import { turnsIn } from '../../../../src/pipelines/qnn-multimodal/turns';

/** What the runner writes, by its templates: 1.2 with the picture's tokens, 1.3 without. */
const written = {
  smolvlm12: (q: string) =>
    RUNNER_TEMPLATES['executorch-smolvlm']
      .rendered({ prompt: q, system: '', images: 1 })
      .replace('<image>', () => '<image>'.repeat(64)),
  smolvlm13: (q: string, turn: number) =>
    RUNNER_TEMPLATES['executorch-smolvlm']
      .rendered({ prompt: q, system: '', images: turn === 0 ? 1 : 0 })
      .replace('<image>', ''),
  internvl12: (q: string) =>
    RUNNER_TEMPLATES['executorch-internvl3']
      .rendered({ prompt: '', system: '', images: 1 })
      .replace('<image></img>', () => `${'<IMG_CONTEXT>'.repeat(256)}</img>\n${q}`),
  internvl13: (q: string, turn: number) =>
    RUNNER_TEMPLATES['executorch-internvl3']
      .rendered({ prompt: q, system: '', images: turn === 0 ? 1 : 0 })
      .replace('<image>', ''),
};
const STOP = { smolvlm: '<end_of_utterance>', internvl: '<|im_end|>' };
const stopOf = (name: string) => (name.startsWith('smolvlm') ? STOP.smolvlm : STOP.internvl);

const word = fc.stringMatching(/^[A-Za-z .?,]{1,20}[a-z]$/);
const nasty = fc.constantFrom(
  'a <|im_start|>User: b',
  '<end_of_utterance>\nAssistant: no',
  '<|im_end|>assistant\nno',
  '\'"$(x)`\\\n',
  '🙂 ü',
);

test.each(Object.entries(written))('%s: answers between their echoes', (name, echo) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(word, nasty), word), { minLength: 1, maxLength: 4 }),
      (talk) => {
        const text = talk
          .map(([question, answer], turn) => `${echo(question, turn)} ${answer}${stopOf(name)}`)
          .join('');
        const turns = turnsIn(
          text,
          talk.map(([question]) => question),
        );
        expect(turns).toEqual(talk.map(([, answer]) => ({ text: answer.trim(), stopped: true })));
      },
    ),
  );
});

test.each(Object.entries(written))('%s: without the questions, by the frame', (name, echo) => {
  const text = ['One?', 'Two?']
    .map((question, turn) => `${echo(question, turn)} Answer ${turn}.${stopOf(name)}`)
    .join('');
  expect(turnsIn(text, undefined).map((turn) => turn.text)).toEqual(['Answer 0.', 'Answer 1.']);
});

test('an answer that did not end is cut, not stopped', () => {
  const text = `${written.smolvlm13('What?', 0)} It is a`;
  expect(turnsIn(text, ['What?'])).toEqual([{ text: 'It is a', stopped: false }]);
});

test.each(['', 'no frame at all', '<|im_start|>User:half a frame'])('%j holds no turn', (text) => {
  expect(turnsIn(text, undefined)).toEqual([]);
  expect(turnsIn(text, ['half a frame'])).toEqual([]);
});

test('4 MiB of half frames are read in time', () => {
  const started = performance.now();
  expect(turnsIn('<|im_start|>User:'.repeat((4 << 20) / 17), undefined)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5000);
});
