/** Values put in from anywhere, taken out in order by one reader. */
export class Queue<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;

  put(...values: readonly T[]): void {
    this.#values.push(...values);
    this.#wake?.();
  }

  /** The next value if there is one. */
  poll(): T | undefined {
    return this.#values.shift();
  }

  /** The next value; waits for it. Rejects with the signal's reason when aborted first. */
  async take(signal: AbortSignal): Promise<T> {
    while (this.#values.length === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const stop = () => reject(signal.reason as Error);
        signal.addEventListener('abort', stop, { once: true });
        this.#wake = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return this.#values.shift() as T;
  }
}
