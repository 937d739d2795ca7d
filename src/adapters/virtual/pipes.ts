import { ByteReader, StreamEnded, pack } from './bytes';
import { MAX_PAYLOAD, concat } from './packet';
import type { Stream } from './stream';

/** How a shell's input and outputs travel. */
export interface ShellKind {
  /** Shell protocol v2: outputs apart, exit code, end of stdin. */
  readonly v2: boolean;
  /** A terminal: one output, lines that end with CR LF. That is all of a terminal that there is here. */
  readonly pty: boolean;
}

/** A shell's ends of its stream. */
export interface Pipes {
  /** The next bytes of stdin; nothing at its end. */
  read(): Promise<Uint8Array | undefined>;
  print(bytes: Uint8Array): Promise<unknown>;
  warn(bytes: Uint8Array): Promise<unknown>;
  exit(code: number): Promise<unknown>;
}

export function createPipes(stream: Stream, { v2, pty }: ShellKind): Pipes {
  const pipes = v2 ? new FramedPipes(stream) : new BarePipes(stream);
  if (!pty) return pipes;
  const print = (bytes: Uint8Array) => pipes.print(withReturns(bytes));
  return { read: () => pipes.read(), print, warn: print, exit: (code) => pipes.exit(code) };
}

/** What a terminal makes of line ends (ONLCR). */
function withReturns(bytes: Uint8Array): Uint8Array {
  const [LF, CR] = [10, 13];
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === LF ? [CR, LF] : [byte])));
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const EXIT = 3;
const CLOSE_STDIN = 4;
const FRAME_BYTES = 5;

/** Shell protocol v2: one byte of kind, four of length, the bytes. */
class FramedPipes implements Pipes {
  readonly #stream: Stream;
  readonly #input: ByteReader;
  #stdinEnded = false;
  /** What is left of a packet for stdin: handed on as it comes, however long the packet says that it is. */
  #missing = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#input = new ByteReader(stream);
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      while (!this.#stdinEnded) {
        if (this.#missing > 0) {
          const bytes = await this.#input.some(this.#missing);
          this.#missing -= bytes.length;
          return bytes;
        }
        await this.#next();
      }
    } catch (reason) {
      if (!(reason instanceof StreamEnded)) throw reason;
    }
    return undefined;
  }

  async #next(): Promise<void> {
    const [kind] = await this.#input.exactly(1);
    const [length = 0] = await this.#input.words(1);
    if (kind === STDIN) this.#missing = length;
    else if (kind === CLOSE_STDIN) this.#stdinEnded = true;
    // a window's size, for example
    else await this.#input.skip(length);
  }

  print(bytes: Uint8Array): Promise<unknown> {
    return this.#send(STDOUT, bytes);
  }

  warn(bytes: Uint8Array): Promise<unknown> {
    return this.#send(STDERR, bytes);
  }

  exit(code: number): Promise<unknown> {
    return this.#send(EXIT, new Uint8Array([code]));
  }

  /** A packet is at most as large as what carries it. */
  async #send(kind: number, bytes: Uint8Array): Promise<boolean> {
    let open = true;
    for (let at = 0; open && at < Math.max(1, bytes.length); at += MAX_PAYLOAD - FRAME_BYTES) {
      const piece = bytes.subarray(at, at + MAX_PAYLOAD - FRAME_BYTES);
      open = await this.#stream.write(concat([new Uint8Array([kind]), pack(piece.length), piece]));
    }
    return open;
  }
}

/** `exec:` and `shell:` without a protocol: both outputs in one pipe, no exit code. */
class BarePipes implements Pipes {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#stream.read();
  }

  print(bytes: Uint8Array): Promise<unknown> {
    return this.#stream.write(bytes);
  }

  warn(bytes: Uint8Array): Promise<unknown> {
    return this.#stream.write(bytes);
  }

  async exit(): Promise<void> {}
}
