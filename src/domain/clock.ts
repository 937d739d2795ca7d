/** Time, as an argument, so that tests need not wait. */
export interface Clock {
  /** Milliseconds, monotonic, as performance.now(). */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
