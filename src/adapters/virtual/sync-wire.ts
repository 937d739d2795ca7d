import { ByteReader, id, pack } from './bytes';
import { concat } from './packet';
import type { Stream } from './stream';

/** Words of the sync protocol. Source: AOSP packages/modules/adb, file_sync_protocol.h. */
export const [DATA, DONE, FAIL, OKAY] = [id('DATA'), id('DONE'), id('FAIL'), id('OKAY')];
export const MAX_DATA = 64 << 10;
/** File types in a mode. */
export const TYPE = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;
export const S_IFMT = 0o170000;

/** One sync session's two directions. */
export class SyncChannel {
  readonly input: ByteReader;
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.input = new ByteReader(stream);
  }

  /** Sends; false when the stream is closed. */
  write(...parts: readonly Uint8Array[]): Promise<boolean> {
    return this.#stream.write(concat(parts));
  }

  /** Sends FAIL. False: it is the last word of a session. */
  async fail(message: string): Promise<false> {
    const text = new TextEncoder().encode(message);
    await this.write(pack(FAIL, text.length), text);
    return false;
  }
}
