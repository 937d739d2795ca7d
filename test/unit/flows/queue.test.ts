import { expect, test } from 'vitest';
import { Queue } from '../../../src/flows/queue';
import { settle } from '../../fakes/clock';

const never = new AbortController().signal;

test('values come out in order, also when nobody waited for them', () => {
  const queue = new Queue<number>();
  queue.put([1, 2]);
  expect(queue.poll()).toBe(1);
  queue.put([3]);
  expect([queue.poll(), queue.poll(), queue.poll()]).toEqual([2, 3, undefined]);
  queue.put([4]);
  expect(queue.poll()).toBe(4);
});

test('an arrival is awaited, and taking nothing loses nothing', async () => {
  const queue = new Queue<string>();
  let woken = false;
  const waiting = queue.arrival(never).then(() => (woken = true));
  queue.put([]);
  await settle();
  expect(woken).toBe(false);
  queue.put(['a']);
  await waiting;
  await queue.arrival(never);
  expect(queue.poll()).toBe('a');
});

test('a value that comes in the same moment as the abort is still there', async () => {
  const queue = new Queue<string>();
  const stop = new AbortController();
  const waiting = queue.arrival(stop.signal);
  queue.put(['a']);
  stop.abort();
  await waiting;
  expect(queue.poll()).toBe('a');
});

test('an abort ends the waiting, and the next wait works', async () => {
  const queue = new Queue<string>();
  const stop = new AbortController();
  const waiting = queue.arrival(stop.signal);
  stop.abort();
  await waiting;
  await queue.arrival(stop.signal);
  const next = queue.arrival(never);
  queue.put(['b']);
  await next;
  expect(queue.poll()).toBe('b');
});

test('a flood of half a million values at once is taken', () => {
  const queue = new Queue<number>();
  queue.put(Array.from({ length: 500_000 }, (_, i) => i));
  let sum = 0;
  for (let value = queue.poll(); value !== undefined; value = queue.poll()) sum += value;
  expect(sum).toBe(124_999_750_000);
});
