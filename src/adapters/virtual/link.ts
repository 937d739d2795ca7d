import type { Clock } from '../../domain/clock';
import { FramingFault, PacketReader, type Packet } from './packet';
import { USB_PACKET_BYTES, type FromPhone, type ToPhone } from './wire';

/** How slow the cable is told to be. Zeros: as fast as it goes. */
export interface Pace {
  readonly bytesPerMs: number;
  readonly transferMs: number;
}

/** Transfers that wait for the host. One that keeps to the protocol leaves a few for each of its streams. */
const MAX_UNHEARD = 10_000;

/** What the cable brings to the daemon. */
export interface LinkListener {
  received(packet: Packet): void;
  /** The cable is gone, or was reset. */
  lost(): void;
}

/** The phone's USB function: two bulk endpoints that carry packets in whole transfers. */
export class UsbLink {
  readonly #post: (message: FromPhone) => void;
  readonly #listener: LinkListener;
  readonly #clock: Clock;
  readonly #pace: Pace | undefined;
  #reader = new PacketReader();
  #plugged = true;
  readonly #queue: Uint8Array[] = [];
  readonly #waiting: { readonly id: number; readonly length: number }[] = [];
  #outgoing: Promise<void> = Promise.resolve();
  #delivering = false;

  constructor(
    post: (message: FromPhone) => void,
    listener: LinkListener,
    clock: Clock,
    pace?: Pace,
  ) {
    this.#post = post;
    this.#listener = listener;
    this.#clock = clock;
    this.#pace = pace;
  }

  /** Handles one message of the host's side, in order. */
  handle(message: ToPhone): void {
    switch (message.op) {
      case 'open':
      case 'reset':
        return this.#restart(message.op === 'reset');
      case 'close':
        this.#waiting.length = 0;
        return;
      case 'out':
        this.#outgoing = this.#outgoing.then(() => this.#out(message.id, message.bytes));
        return;
      case 'in':
        this.#waiting.push(message);
        void this.#deliver();
    }
  }

  /** Queues transfers to the host. */
  send(transfers: readonly Uint8Array[]): void {
    if (!this.#plugged) return;
    this.#queue.push(...transfers);
    // a host that asks for ever and never listens
    if (this.#queue.length > MAX_UNHEARD) return this.unplug();
    void this.#deliver();
  }

  /** Pulls the cable. */
  unplug(): void {
    if (!this.#plugged) return;
    this.#plugged = false;
    this.#drop();
    this.#post({ op: 'unplugged' });
    this.#listener.lost();
  }

  /**
   * A simplification: on a real cable a half-sent packet and unread answers outlive `close`;
   * here every `open` begins clean.
   */
  #restart(reset: boolean): void {
    this.#plugged = true;
    this.#drop();
    if (reset) this.#listener.lost();
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#waiting.length = 0;
    this.#reader = new PacketReader();
  }

  async #out(id: number, bytes: Uint8Array): Promise<void> {
    await this.#delay(bytes.length);
    if (!this.#plugged) return;
    try {
      const packet = this.#reader.push(bytes);
      this.#post({ op: 'sent', id });
      if (packet) this.#listener.received(packet);
    } catch (fault) {
      if (!(fault instanceof FramingFault)) throw fault;
      // adbd gives the transport up; on USB the device disappears and comes back
      this.unplug();
    }
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    while (this.#queue[0] && this.#waiting[0]) {
      await this.#delay(Math.min(this.#queue[0].length, this.#waiting[0].length));
      const bytes = this.#queue.shift();
      const request = this.#waiting.shift();
      if (bytes && request) this.#answer(request.id, bytes, request.length);
      else if (bytes) this.#queue.unshift(bytes);
    }
    this.#delivering = false;
  }

  #answer(id: number, bytes: Uint8Array, length: number): void {
    const babble = bytes.length > length && length % USB_PACKET_BYTES !== 0;
    if (bytes.length > length && !babble) this.#queue.unshift(bytes.subarray(length));
    // a copy of its own, because it is handed over to another thread
    this.#post({ op: 'received', id, bytes: bytes.slice(0, length), babble });
  }

  #delay(bytes: number): Promise<void> | undefined {
    if (!this.#pace) return undefined;
    return this.#clock.sleep(this.#pace.transferMs + bytes / this.#pace.bytesPerMs);
  }
}
