/** The file is not what its format says. Thrown while reading, turned into a Failure by `compile()`. */
export class Malformed extends Error {}

const MAX_DEPTH = 64;
/** Values outside the two large tables; a tokenizer with a million has nothing to do with language. */
const MAX_VALUES = 8 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Reads JSON from UTF-8 bytes without making objects: a vocabulary of 150 000 entries costs no string, and a hostile
 * file no memory beyond its own size. Strings stay where they are; escapes are undone in place.
 */
export class JsonCursor {
  at = 0;
  /** Bytes of the string last read: `bytes[start..end)`. */
  start = 0;
  end = 0;
  readonly bytes: Uint8Array;
  private values = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next byte that is not white space; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
      byte = bytes[++this.at];
    return byte ?? 0;
  }

  take(byte: number): void {
    if (this.peek() !== byte)
      throw new Malformed(`expected "${String.fromCharCode(byte)}" at byte ${this.at}`);
    this.at++;
  }

  /** Calls `member` with the cursor on each value of an object; `start` and `end` name its key. It must read the value. */
  object(member: () => void): void {
    this.list(OPEN_OBJECT, CLOSE_OBJECT, () => {
      this.string();
      this.take(0x3a);
      member();
    });
  }

  /** Calls `element` with the cursor on each value of an array. It must read the value. */
  array(element: () => void): void {
    this.list(OPEN_ARRAY, CLOSE_ARRAY, element);
  }

  private list(open: number, close: number, item: () => void): void {
    this.take(open);
    if (this.peek() === close) {
      this.at++;
      return;
    }
    for (;;) {
      this.peek();
      item();
      if (this.peek() !== COMMA) break;
      this.at++;
    }
    this.take(close);
  }

  /** Reads a string. Its bytes, escapes undone, are `bytes[start..end)`. */
  string(): void {
    this.take(QUOTE);
    const { bytes } = this;
    const from = this.at;
    let at = from;
    let escapes = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) throw new Malformed(`a string ends at byte ${at}`);
      if (byte === BACKSLASH) {
        escapes = true;
        at++;
      }
      at++;
    }
    this.start = from;
    this.end = escapes ? this.unescape(from, at) : at;
    this.at = at + 1;
  }

  /** An escape is never shorter than what it stands for, so the result fits where the source was. */
  private unescape(from: number, to: number): number {
    const { bytes } = this;
    let text: string;
    try {
      text = JSON.parse(new TextDecoder().decode(bytes.subarray(from - 1, to + 1))) as string;
    } catch {
      throw new Malformed(`a string with a wrong escape at byte ${from}`);
    }
    return from + new TextEncoder().encodeInto(text, bytes.subarray(from, to)).written;
  }

  /** The string last read, as text. */
  text(): string {
    return new TextDecoder().decode(this.bytes.subarray(this.start, this.end));
  }

  /** Reads a whole number from 0 to 2^31 - 1. */
  integer(): number {
    const from = (this.peek(), this.at);
    let value = 0;
    for (;;) {
      const digit = (this.bytes[this.at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.at++;
    }
    if (this.at === from || this.at - from > 10 || value > 0x7fffffff)
      throw new Malformed(`expected an id at byte ${from}`);
    return value;
  }

  /** Skips one value of any kind. Looks at brackets and strings only: what is kept is parsed later. */
  skip(): void {
    const { bytes } = this;
    const from = this.at;
    let depth = 0;
    do {
      const byte = this.peek();
      if (++this.values > MAX_VALUES) throw new Malformed('too many values');
      if (byte === QUOTE) this.skipString();
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (++depth > MAX_DEPTH) throw new Malformed('nested too deeply');
        this.at++;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        depth--;
        this.at++;
      } else if (byte === COMMA || byte === 0x3a) this.at++;
      else this.skipWord();
    } while (depth > 0 && this.at < bytes.length);
    if (depth !== 0 || this.at === from) throw new Malformed(`no value at byte ${from}`);
  }

  private skipString(): void {
    const { bytes } = this;
    let at = this.at + 1;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    this.at = at + 1;
    if (this.at > bytes.length) throw new Malformed('a string has no end');
  }

  /** Numbers, true, false, null. */
  private skipWord(): void {
    const from = this.at;
    for (;;) {
      const byte = this.bytes[this.at] ?? 0;
      const word = byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte >= 0x30 && byte < 0x3a);
      if (!word && !(byte > 0x40 && byte < 0x5b) && !(byte > 0x60 && byte < 0x7b)) break;
      this.at++;
    }
    if (this.at === from) throw new Malformed(`no value at byte ${from}`);
  }
}
