import { expect, test } from 'vitest';
import { compareRows } from '../../../src/domain/agreement';
import {
  figureOf,
  noteCheck,
  titleOf,
  verdictOf,
  type AnswerCheck,
  type Check,
} from '../../../src/domain/self-test';

const sha = (digit: string) => digit.repeat(64);
const file = { path: 'vision.gguf', bytes: 9, sha256: sha('a') };
const FILES: Check = { kind: 'files', is: 'right', files: [{ ...file, found: sha('a') }] };
const ANSWER: AnswerCheck = {
  ...{ kind: 'answer', is: 'right', number: 1, prompt: 'What?' },
  ...{ expected: 'a star', said: 'a star' },
};
const table = Float32Array.from([1, 2, 3, 4]);
const EMBEDDINGS: Check = {
  ...{ kind: 'embeddings', is: 'right', number: 1, agreement: compareRows(table, table, 2) },
};

test('everything right, and nothing left out, is right', () => {
  expect(verdictOf([FILES, ANSWER, EMBEDDINGS])).toEqual({ is: 'right', because: '' });
});

test.each([
  ['no files', [ANSWER, EMBEDDINGS]],
  ['no answer', [FILES, EMBEDDINGS]],
  ['no embeddings', [FILES, ANSWER]],
  ['nothing', []],
])('with %s checked it cannot be told', (_, checks) => {
  expect(verdictOf(checks)).toMatchObject({
    ...{ is: 'unknown', because: expect.stringMatching(/./) as string },
  });
});

test('the first wrong figure is the reason, whatever else is unknown', () => {
  const said: Check = { ...ANSWER, is: 'wrong', said: 'a circle' };
  const unknown: Check = { kind: 'embeddings', is: 'unknown', number: 0, why: 'none given' };
  const later: Check = { ...ANSWER, is: 'wrong', number: 2, said: 'a cross' };
  expect(verdictOf([FILES, unknown, said, later])).toEqual({
    ...{ is: 'wrong', because: '“a circle” instead of “a star”' },
  });
});

test('what is unknown makes the whole unknown, with its reason', () => {
  const unknown: Check = { kind: 'embeddings', is: 'unknown', number: 0, why: 'none given' };
  expect(verdictOf([FILES, ANSWER, unknown])).toEqual({ is: 'unknown', because: 'none given' });
});

test('a check that was begun and never ended is no right one', () => {
  expect(verdictOf([FILES, { ...ANSWER, is: 'now' }, EMBEDDINGS]).is).toBe('unknown');
});

test('a check that is told again keeps its place', () => {
  const begun: Check = { kind: 'answer', is: 'now', number: 1, prompt: 'What?' };
  const other: Check = { kind: 'answer', is: 'now', number: 2, prompt: 'Who?' };
  const list = [FILES, begun, other, ANSWER].reduce(noteCheck, [] as readonly Check[]);
  expect(list).toEqual([FILES, ANSWER, other]);
});

test('figures are in the words', () => {
  expect(figureOf(FILES)).toBe('1 files, sha256 as sent');
  const gone: Check = { kind: 'files', is: 'wrong', files: [{ ...file, found: undefined }] };
  expect(figureOf(gone)).toBe('vision.gguf is not on the phone any more');
  const other: Check = { kind: 'files', is: 'wrong', files: [{ ...file, found: sha('b') }] };
  expect(figureOf(other)).toMatch(/^vision\.gguf has sha256 b{12}… on the phone, sent was a{12}…$/);
  expect(figureOf(EMBEDDINGS)).toContain(
    'cosine 1.000000 lowest, 1.000000 mean; largest difference 0',
  );
  const crash = { code: 'runner-crashed', detail: 'exit code 134' } as const;
  expect(figureOf({ kind: 'answer', is: 'wrong', number: 1, failure: crash })).toBe(
    'runner-crashed: exit code 134',
  );
  expect(titleOf(EMBEDDINGS)).toContain('Picture 1');
});
