import type { Failure } from '../domain/failure';

/** Where a step stands. Impossible mixtures cannot be written down. */
export type Step<T> =
  | { readonly is: 'idle' }
  | { readonly is: 'busy'; readonly note: string; readonly progress?: Progress }
  | { readonly is: 'done'; readonly value: T }
  | { readonly is: 'failed'; readonly failure: Failure };

export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of `doneBytes`: what was there already. */
  readonly foundBytes?: number;
  /** Undefined until there is enough to measure. */
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

export const IDLE = { is: 'idle' } as const;
export const busy = (note: string, progress?: Progress) =>
  progress ? ({ is: 'busy', note, progress } as const) : ({ is: 'busy', note } as const);
export const done = <T>(value: T) => ({ is: 'done', value }) as const;
/** A cancelled step is idle again: no alert. */
export const failedOrIdle = (failure: Failure) =>
  failure.code === 'cancelled' ? IDLE : ({ is: 'failed', failure } as const);
