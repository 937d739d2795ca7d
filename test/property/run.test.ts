import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  INITIAL_RUN,
  PHASES,
  STATS,
  reduce,
  type ParsedEvent,
  type StatName,
} from '../../src/domain/run';

const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
const phase = fc.constantFrom(...PHASES);
const source = fc.constantFrom('runner', 'page');
const event: fc.Arbitrary<ParsedEvent> = fc.oneof(
  fc.record({ kind: fc.constant('phase'), phase }),
  fc.record({ kind: fc.constant('span'), phase, ms, source }),
  fc.record({ kind: fc.constant('text'), text: fc.string() }),
  fc.record({
    ...{ kind: fc.constant('stat'), value: ms, source },
    name: fc.constantFrom(...(Object.keys(STATS) as StatName[])),
  }),
  fc.record({ kind: fc.constant('fact'), name: fc.string(), value: fc.string() }),
  fc.record({ kind: fc.constant('log'), line: fc.string() }),
  fc.record({ kind: fc.constant('ready') }),
  fc.record({ kind: fc.constant('end'), finish: fc.constantFrom('stop', 'length', 'cancelled') }),
);
const story = fc.array(fc.record({ event, wait: fc.double({ min: 0, max: 1e5, noNaN: true }) }));

test('whatever is said in whatever order, a run stays sound', () => {
  fc.assert(
    fc.property(story, (steps) => {
      let atMs = 0;
      let state = INITIAL_RUN;
      let text = '';
      for (const step of steps) {
        atMs += step.wait;
        const before = JSON.stringify(state);
        const next = reduce(state, { ...step.event, atMs });
        expect(JSON.stringify(state)).toBe(before);
        state = next;
        if (step.event.kind === 'text') text += step.event.text;
        for (const span of state.spans) {
          expect(span.ms).toBeGreaterThanOrEqual(0);
          expect(span.startMs).toBeGreaterThanOrEqual(0);
        }
      }
      const measured = state.spans.filter(({ source }) => source === 'runner');
      const phases = measured.map((span) => span.phase);
      expect(new Set(phases).size).toBe(phases.length);
      const said = steps.some((step) => step.event.kind === 'end');
      expect(state.is).toBe(said ? 'done' : 'running');
      expect(state.text).toBe(text);
      expect(state.arrivals.map((arrival) => arrival.text).join('')).toBe(text);
    }),
    { numRuns: 300 },
  );
});
