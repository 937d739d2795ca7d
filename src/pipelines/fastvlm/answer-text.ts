/** Where Genie's answer begins: usually BEGIN; COMPLETE when all of it comes at once. */
const START = /\[(?:BEGIN|COMPLETE)\]: /;
/** What else Genie may print into an answer; RESUME and UNKNOWN are dropped, the words of an abort end it. */
const MARK =
  /\[END\]|\[(?:RESUME|UNKNOWN|BEGIN|COMPLETE)\]: |\[ABORT\]: |\[[^\]\n]{1,60}\]: SIGNAL ABORT Function/;
/** The beginning of a mark. */
const PARTIAL = /^\[[^\]\n]{0,60}(?:\](?:: ?(?:[A-Z][A-Za-z ]{0,21})?)?)?$/;
/** More than this is never held back. */
const MAX_HEAD_CHARS = 8192;
const MAX_HELD_CHARS = 64 << 10;

/**
 * Cuts the answer out of the tool's stdout: a stream of bytes, as marks can stand inside a line and in any chunks. The
 * answer ends at the last [END], for a model may say "[END]" itself: what follows one is held until it is plain.
 * Source: Genie's sample tool genie-t2t-run (queryCallback), as AryamaVMurthy/VLM_on_edge holds it.
 */
export class AnswerText {
  #head = '';
  #rest = '';
  /** What follows the last [END]; undefined: there was none yet. */
  #held: string | undefined;
  began = false;
  aborted = false;

  get ended(): boolean {
    return this.#held !== undefined;
  }

  /** What this chunk adds: to the lines before the answer, and to the answer. */
  push(chunk: string): { readonly lines: readonly string[]; readonly text: string } {
    if (this.began) return { lines: [], text: this.#answer(chunk) };
    this.#head += chunk;
    const start = START.exec(this.#head);
    const before = start ? this.#head.slice(0, start.index) : this.#head;
    const lines = before.split('\n');
    const last = lines.pop() ?? '';
    if (!start) {
      this.#head = last.slice(-MAX_HEAD_CHARS);
      return { lines, text: '' };
    }
    const after = this.#head.slice(start.index + start[0].length);
    this.#head = '';
    this.began = true;
    return { lines: last ? [...lines, last] : lines, text: this.#answer(after) };
  }

  /** The program is over: what was held for want of a mark's end was text. */
  end(): { readonly lines: readonly string[]; readonly text: string } {
    const lines = this.#head ? [this.#head] : [];
    const text = this.began && !this.ended && !this.aborted ? this.#rest : '';
    this.#head = this.#rest = '';
    return { lines, text };
  }

  #answer(chunk: string): string {
    if (this.aborted) return '';
    this.#rest += chunk;
    let out = '';
    for (let mark = MARK.exec(this.#rest); mark; mark = MARK.exec(this.#rest)) {
      const aborts = mark[0].includes('ABORT');
      const until = aborts ? withoutLineEnds(this.#rest, mark.index) : mark.index;
      out += this.#give(this.#rest.slice(0, until));
      this.#rest = this.#rest.slice(mark.index + mark[0].length);
      if (mark[0] === '[END]') {
        out += this.#release();
        this.#held = '';
      } else if (aborts) {
        this.aborted = true;
        this.#rest = '';
        return out;
      }
    }
    const unfinished = withoutLineEnds(this.#rest, partialAt(this.#rest));
    out += this.#give(this.#rest.slice(0, unfinished));
    this.#rest = this.#rest.slice(unfinished);
    return out;
  }

  /** Text, unless it follows what may be the last [END]: the real one has a line end behind it. */
  #give(text: string): string {
    if (this.#held === undefined) return text;
    this.#held += text;
    const own = this.#held !== '' && !this.#held.startsWith('\n');
    return own || this.#held.length > MAX_HELD_CHARS ? this.#release() : '';
  }

  /** The [END] before was the model's own word. */
  #release(): string {
    const text = this.#held === undefined ? '' : `[END]${this.#held}`;
    this.#held = undefined;
    return text;
  }
}

/** Where a mark may have begun, at the very end of the text. */
function partialAt(text: string): number {
  const at = text.lastIndexOf('[');
  return at >= 0 && PARTIAL.test(text.slice(at)) ? at : text.length;
}

/** `until` without the line ends before it: an abort's words begin on a line of their own. */
function withoutLineEnds(text: string, until: number): number {
  let at = until;
  while (at > 0 && text[at - 1] === '\n') at--;
  return at;
}
