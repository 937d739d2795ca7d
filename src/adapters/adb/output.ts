import type { Chunk } from '../../domain/device';

/** Unread output a process may pile up, in UTF-16 units of text. */
export const MAX_UNREAD_CHARS = 64 << 20;

/**
 * The merged output of a process between its pipes, which are always drained, and its one reader, who
 * may be slow. A reader may leave its loop and come back: nothing is lost between.
 */
export class Output implements AsyncIterable<Chunk> {
  #chunks: Chunk[] = [];
  #unread = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  /** Takes a chunk. False: the reader is too far behind, the chunk was not taken. */
  push(chunk: Chunk): boolean {
    if (this.#ended || chunk.text === '') return true;
    if (this.#unread + chunk.text.length > MAX_UNREAD_CHARS) return false;
    this.#unread += chunk.text.length;
    this.#chunks.push(chunk);
    this.#wake();
    return true;
  }

  /** No more will come; what is unread can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk, undefined> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<Chunk, undefined>> {
    for (;;) {
      const chunk = this.#take();
      if (chunk) return { done: false, value: chunk };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Everything waiting from one pipe as one chunk, so that a slow reader catches up in few steps. */
  #take(): Chunk | undefined {
    const [first] = this.#chunks;
    if (!first) return undefined;
    const other = this.#chunks.findIndex(({ from }) => from !== first.from);
    const run = this.#chunks.splice(0, other < 0 ? this.#chunks.length : other);
    const text = run.map((chunk) => chunk.text).join('');
    this.#unread -= text.length;
    return { from: first.from, text };
  }
}
