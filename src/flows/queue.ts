/** Values put in from anywhere, taken out in order by one reader. */
export class Queue<T> {
  #values: T[] = [];
  #next = 0;
  #wake: (() => void) | undefined;

  put(values: readonly T[]): void {
    if (this.#next === this.#values.length) this.#values = [];
    if (this.#values.length === 0) this.#next = 0;
    // One by one: a flood as arguments of one call would overflow the stack.
    for (const value of values) this.#values.push(value);
    if (values.length) this.#wake?.();
  }

  /** Takes the next value if there is one. */
  poll(): T | undefined {
    return this.#next < this.#values.length ? this.#values[this.#next++] : undefined;
  }

  /** Resolves when there is a value, or at once when the signal is aborted. Takes nothing, so nothing can be lost; never rejects. */
  async arrival(signal: AbortSignal): Promise<void> {
    if (this.#next < this.#values.length || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#wake = wake;
    });
  }
}
