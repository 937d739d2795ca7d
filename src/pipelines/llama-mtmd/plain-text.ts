/**
 * The answer on stdout: a line end, the text, another line end where the model or a stop ended it, and two more.
 * Source: ggml-org/llama.cpp tools/mtmd/mtmd-cli.cpp.
 */
export class PlainText {
  /** True once the first line end came: then an answer has begun, however short. */
  began = false;
  /** Line ends at the end so far: text only if something follows. */
  #ends = '';

  /** The text that this chunk adds. */
  push(chunk: string): string {
    let text = chunk;
    if (!this.began && text !== '') {
      this.began = true;
      text = text.replace(/^\n/, '');
    }
    let until = text.length;
    while (until > 0 && text[until - 1] === '\n') until--;
    const said = text.slice(0, until);
    const held = this.#ends;
    this.#ends = said === '' ? `${held}${text}` : text.slice(until);
    return said === '' ? '' : `${held}${said}`;
  }

  get finish(): 'stop' | 'length' {
    return this.#ends.length >= 3 ? 'stop' : 'length';
  }
}
