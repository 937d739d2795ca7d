/** Cuts text that arrives in any chunks into lines. A line over `maxChars` is handed out in pieces. */
export class Lines {
  #rest = '';
  readonly #maxChars: number;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** The lines that this chunk completes, without their ends ("\n" or "\r\n"). */
  push(text: string): string[] {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    while (this.#rest.length > this.#maxChars) {
      parts.push(this.#rest.slice(0, this.#maxChars));
      this.#rest = this.#rest.slice(this.#maxChars);
    }
    return parts.map((line) => line.replace(/\r$/, ''));
  }

  /** What stands after the last line end. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest ? [rest] : [];
  }
}
