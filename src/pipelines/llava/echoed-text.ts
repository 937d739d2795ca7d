/** The runner's figures begin here, on a line of their own. */
const FIGURES = '\nPyTorchObserver {';
const MAX_ECHO_CHARS = 1 << 16;
const MAX_AFTER_CHARS = 1 << 16;

/**
 * Cuts an answer out of a stdout that echoes the prompt before it and prints figures behind it, in any chunks. `echo` is
 * the prompt where it is known; else all up to `end`, with which every prompt ends.
 */
export class EchoedText {
  readonly #echo: string | undefined;
  readonly #end: string;
  #rest = '';
  #stripped = false;
  #begun = false;
  /** What followed the answer. */
  after = '';
  #over = false;

  constructor(echo: string | undefined, end: string) {
    this.#echo = echo;
    this.#end = end;
  }

  /** The part of the answer that this chunk adds. */
  push(chunk: string): string {
    if (this.#over) {
      if (this.after.length < MAX_AFTER_CHARS) this.after += chunk;
      return '';
    }
    this.#rest += chunk;
    if (!this.#stripped && !this.#strip()) return '';
    return this.#give(this.#cut());
  }

  /** The program is over: what was held is text, but for the line end that the runner puts behind it. */
  end(): string {
    if (this.#over) return '';
    const rest = this.#stripped ? this.#rest.replace(/\n$/, '') : '';
    this.#rest = '';
    return this.#give(rest);
  }

  /** Takes the echo off, once it is all there; true when the answer may begin. */
  #strip(): boolean {
    const echo =
      this.#echo ?? this.#rest.slice(0, this.#rest.indexOf(this.#end) + this.#end.length);
    if (this.#echo === undefined && !this.#rest.includes(this.#end))
      return (this.#stripped = this.#rest.length > MAX_ECHO_CHARS);
    if (this.#rest.length < echo.length && echo.startsWith(this.#rest)) return false;
    // A runner that does not echo says its answer at once.
    if (this.#rest.startsWith(echo)) this.#rest = this.#rest.slice(echo.length);
    return (this.#stripped = true);
  }

  /** What can be no part of the figures' beginning. */
  #cut(): string {
    const at = this.#rest.indexOf(FIGURES);
    if (at >= 0) {
      this.#over = true;
      this.after = this.#rest.slice(at + 1);
      return this.#take(at);
    }
    let keep = this.#rest.lastIndexOf('\n');
    if (keep < 0 || !FIGURES.startsWith(this.#rest.slice(keep))) keep = this.#rest.length;
    return this.#take(keep);
  }

  #take(until: number): string {
    const text = this.#rest.slice(0, until);
    this.#rest = this.#rest.slice(until);
    return text;
  }

  /** The template ends without a blank, so the answer begins with one: it is not the model's. */
  #give(text: string): string {
    const given = this.#begun ? text : text.trimStart();
    this.#begun ||= given !== '';
    return given;
  }
}
