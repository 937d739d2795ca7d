import { expect, test } from 'vitest';
import { bugText } from '../../../src/ui/bug';

test('a thrown error is told with its stack', () => {
  const error = new Error('broken');
  expect(bugText(error)).toBe(error.stack);
});

test('what is known to be noise is not a fault', () => {
  expect(bugText(undefined, 'ResizeObserver loop completed with undelivered notifications.')).toBe(
    '',
  );
  expect(bugText(undefined, 'Script error.')).toBe('');
});

test('anything can be thrown', () => {
  expect(bugText('a word')).toBe('a word');
  expect(bugText({ code: 7 })).toBe('{"code":7}');
  expect(bugText(undefined, 'only a message')).toBe('only a message');
  expect(bugText('x'.repeat(20_000))).toHaveLength(8000);
});
