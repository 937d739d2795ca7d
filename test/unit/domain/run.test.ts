import { expect, test } from 'vitest';
import { INITIAL_RUN, reduce, type ParsedEvent, type RunEvent } from '../../../src/domain/run';

const at = (atMs: number, event: ParsedEvent): RunEvent => ({ ...event, atMs });
const fold = (...events: readonly RunEvent[]) => events.reduce(reduce, INITIAL_RUN);
const phase = (atMs: number, name: 'send' | 'load' | 'encode' | 'decode') =>
  at(atMs, { kind: 'phase', phase: name });
const span = (atMs: number, name: 'load' | 'encode' | 'prefill' | 'decode', ms: number) =>
  at(atMs, { kind: 'span', phase: name, ms, source: 'runner' });

test('what the runner measured wins over the page; gaps are the page’s', () => {
  const state = fold(
    phase(0, 'send'),
    phase(10, 'load'),
    span(110, 'load', 80),
    at(110, { kind: 'ready' }),
    phase(112, 'encode'),
    span(150, 'encode', 20),
    span(150, 'prefill', 10),
    phase(150, 'decode'),
    at(151, { kind: 'text', text: 'a' }),
    at(160, { kind: 'text', text: 'b' }),
    span(161, 'decode', 9),
    at(161, { kind: 'end', finish: 'stop' }),
  );
  expect(state.spans).toEqual([
    { phase: 'send', startMs: 0, ms: 10, source: 'page' },
    { phase: 'load', startMs: 30, ms: 80, source: 'runner' },
    { phase: 'encode', startMs: 120, ms: 20, source: 'runner' },
    { phase: 'prefill', startMs: 140, ms: 10, source: 'runner' },
    { phase: 'decode', startMs: 152, ms: 9, source: 'runner' },
  ]);
  expect(state).toMatchObject({ is: 'done', finish: 'stop', text: 'ab', phase: undefined });
  expect(state.arrivals).toEqual([
    { atMs: 151, text: 'a' },
    { atMs: 160, text: 'b' },
  ]);
});

test('a runner that measures prefill only has encoded within it', () => {
  const state = fold(phase(100, 'encode'), span(150, 'prefill', 30), phase(150, 'decode'));
  expect(state.spans).toEqual([{ phase: 'prefill', startMs: 120, ms: 30, source: 'runner' }]);
});

test('a run that fails closes its phase and keeps what it had', () => {
  const state = fold(
    phase(0, 'load'),
    at(4, { kind: 'log', line: 'oh' }),
    at(5, { kind: 'failed', failure: { code: 'unplugged' } }),
  );
  expect(state).toMatchObject({
    ...{ is: 'failed', failure: { code: 'unplugged' }, log: ['oh'] },
    spans: [{ phase: 'load', startMs: 0, ms: 5, source: 'page' }],
  });
});

test('the log keeps its last 2000 lines and counts the others', () => {
  const lines = Array.from({ length: 2500 }, (_, i) => at(i, { kind: 'log', line: `${i}` }));
  const state = fold(...lines);
  expect(state.log).toHaveLength(2000);
  expect(state.log[0]).toBe('500');
  expect(state.logDropped).toBe(500);
});

test('a hostile fact name is only a name', () => {
  const state = fold(at(0, { kind: 'fact', name: '__proto__', value: 'x' }));
  expect(Object.getPrototypeOf(state.facts)).toBe(Object.prototype);
  expect(Object.entries(state.facts)).toEqual([['__proto__', 'x']]);
});

test('tokens fold in time', () => {
  const started = performance.now();
  let state = INITIAL_RUN;
  const took = new Map<number, number>();
  for (let i = 1; i <= 20_000; i++) {
    state = reduce(state, at(i, { kind: 'text', text: 'word ' }));
    if (i === 4000 || i === 20_000) took.set(i, performance.now() - started);
  }
  console.log([...took].map(([count, ms]) => `${count} tokens: ${ms.toFixed(0)} ms`).join(', '));
  expect(state.arrivals).toHaveLength(20_000);
  // Measured 20 and 900 ms: 5 µs for each of the first 4000 tokens.
  expect(took.get(4000)).toBeLessThan(1000);
  expect(took.get(20_000)).toBeLessThan(15_000);
});

test('a warning is told once and does not end the run', () => {
  const told = (detail: string) =>
    ({ kind: 'warning', failure: { code: 'memory-low', detail }, atMs: 1 }) as const;
  const state = fold(told('first'), told('second'));
  expect(state.is).toBe('running');
  expect(state.warnings).toEqual([{ code: 'memory-low', detail: 'second' }]);
});

test('a phase that comes again has a span for each time, and one that is told twice is one', () => {
  const state = fold(
    ...[phase(0, 'load'), phase(10, 'load'), phase(30, 'encode')],
    ...[phase(50, 'load'), phase(90, 'decode')],
  );
  expect(state.spans.map(({ phase: name, startMs, ms }) => [name, startMs, ms])).toEqual([
    ['load', 0, 30],
    ['encode', 30, 20],
    ['load', 50, 40],
  ]);
});
