import type { ParsedEvent, Phase, StatName } from '../domain/run';

/** What a runner said: null or undefined where it did not. */
type Said<T> = T | null | undefined;

/** Those figures that the runner gave. */
export function* stats(
  values: Partial<Record<StatName, Said<number>>>,
): Generator<ParsedEvent, void, void> {
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && Number.isFinite(value))
      yield { kind: 'stat', name: name as StatName, value, source: 'runner' };
}

export function* facts(
  values: Readonly<Record<string, Said<string | number>>>,
): Generator<ParsedEvent, void, void> {
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined)
      yield { kind: 'fact', name, value: String(value).slice(0, 300) };
}

/** A phase that the runner timed itself. */
export function* span(phase: Phase, ms: Said<number>): Generator<ParsedEvent, void, void> {
  if (ms !== null && ms !== undefined && Number.isFinite(ms))
    yield { kind: 'span', phase, ms, source: 'runner' };
}

/** Tokens a second; undefined where one of them is missing or no time went by. */
export const rate = (tokens: Said<number>, ms: Said<number>): number | undefined =>
  typeof tokens === 'number' && typeof ms === 'number' && ms > 0 ? (tokens * 1000) / ms : undefined;
