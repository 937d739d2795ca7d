/**
 * Cuts text that arrives in any chunks into lines; how it was chunked makes no difference. Of a line over
 * `maxChars` every `maxChars` characters are handed out as a line of their own.
 */
export class Lines {
  #rest = '';
  readonly #maxChars: number;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** The lines that this chunk completes, without their ends ("\n" or "\r\n"). */
  push(text: string): string[] {
    const lines: string[] = [];
    let from = 0;
    // Only the new text is searched: what waits is never looked at again.
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#add(text.slice(from, end), lines);
      lines.push(...this.#take());
      from = end + 1;
    }
    this.#add(text.slice(from), lines);
    return lines;
  }

  /** What stands after the last line end. */
  end(): string[] {
    return this.#rest ? this.#take() : [];
  }

  #add(text: string, lines: string[]): void {
    this.#rest += text;
    if (this.#rest.length <= this.#maxChars) return;
    const kept = this.#rest.length % this.#maxChars || this.#maxChars;
    const whole = this.#rest.length - kept;
    for (let at = 0; at < whole; at += this.#maxChars)
      lines.push(this.#rest.slice(at, at + this.#maxChars));
    this.#rest = this.#rest.slice(whole);
  }

  #take(): [string] {
    const line = this.#rest.replace(/\r$/, '');
    this.#rest = '';
    return [line];
  }
}
