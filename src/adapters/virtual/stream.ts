import { CLSE, MAX_PAYLOAD, OKAY, WRTE } from './packet';

/** A service's end of one ADB stream. */
export interface Stream {
  /** The host's next bytes, or nothing once the stream is closed. Taking them acknowledges them. */
  read(): Promise<Uint8Array | undefined>;
  /** Sends bytes; resolves when the host acknowledged them: true, or false when the stream closed first. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Ends the stream from the phone's side. */
  close(): void;
  /** Aborted when the stream ends for any reason. */
  readonly closed: AbortSignal;
}

/**
 * What a host may send ahead of the acknowledgements. One that keeps to the protocol sends one packet, of at most
 * `MAX_PAYLOAD`; the rest is for one that does not.
 */
const MAX_UNREAD_BYTES = 4 * MAX_PAYLOAD;
const MAX_UNREAD_PACKETS = 64;

type Send = (command: number, arg0: number, arg1: number, payload?: Uint8Array) => void;

/** One stream as adbd sees it: at most one unacknowledged WRTE each way. */
export class DeviceStream implements Stream {
  readonly #send: Send;
  readonly localId: number;
  readonly remoteId: number;
  readonly #ended = new AbortController();
  readonly closed = this.#ended.signal;
  readonly #inbox: Uint8Array[] = [];
  #unreadBytes = 0;
  #reader: (() => void) | undefined;
  #acknowledged: (() => void) | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(send: Send, localId: number, remoteId: number) {
    this.#send = send;
    this.localId = localId;
    this.remoteId = remoteId;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#inbox.length === 0) {
      if (this.closed.aborted) return undefined;
      await new Promise<void>((resolve) => (this.#reader = resolve));
    }
    if (!this.closed.aborted) this.#send(OKAY, this.localId, this.remoteId);
    const bytes = this.#inbox.shift();
    this.#unreadBytes -= bytes?.length ?? 0;
    return bytes;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    const done = this.#writing.then(() => this.#writeAll(bytes));
    this.#writing = done;
    return done;
  }

  async #writeAll(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD) {
      if (this.closed.aborted) return false;
      const acknowledged = new Promise<void>((resolve) => (this.#acknowledged = resolve));
      this.#send(WRTE, this.localId, this.remoteId, bytes.subarray(at, at + MAX_PAYLOAD));
      await acknowledged;
    }
    return !this.closed.aborted;
  }

  close(): void {
    if (this.closed.aborted) return;
    this.#send(CLSE, this.localId, this.remoteId);
    this.end();
  }

  /** The host's WRTE. A flood of them closes the stream. */
  received(payload: Uint8Array): void {
    this.#inbox.push(payload);
    this.#unreadBytes += payload.length;
    if (this.#unreadBytes > MAX_UNREAD_BYTES || this.#inbox.length > MAX_UNREAD_PACKETS) {
      this.#inbox.length = 0;
      this.#unreadBytes = 0;
      this.close();
    }
    this.#reader?.();
  }

  /** The host's OKAY. */
  ready(): void {
    this.#acknowledged?.();
  }

  /** The stream is over without a word to the host: it said so first, or the cable is gone. */
  end(): void {
    this.#ended.abort();
    this.#reader?.();
    this.#acknowledged?.();
  }
}
