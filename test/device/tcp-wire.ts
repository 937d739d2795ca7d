import { connect, type Socket } from 'node:net';
import type { Wire } from '../../src/adapters/virtual/usb';
import type { FromPhone, ToPhone } from '../../src/adapters/virtual/wire';

const HEADER_BYTES = 24;
/** ADB's own limit is 1 MiB; more is a broken stream. */
const MAX_PAYLOAD_BYTES = 1 << 20;

/**
 * A cable to an adbd that listens on TCP, for the USB objects of adapters/virtual: ADB's packets are the same on USB and TCP, so
 * the page's adapter can be driven against a real daemon. Each `open` is a connection of its own.
 */
export function createTcpWire(port: number): Wire {
  let tell: (message: FromPhone) => void = () => undefined;
  let connection: Connection | undefined;
  const post = (message: ToPhone): void => {
    switch (message.op) {
      case 'open':
      case 'reset':
        connection?.end();
        connection = new Connection(port, tell);
        return;
      case 'close':
        connection?.end();
        connection = undefined;
        return;
      case 'out':
        return connection?.out(message.id, message.bytes);
      case 'in':
        return connection?.in(message.id, message.length);
    }
  };
  return { post, listen: (listener) => (tell = listener), discard: () => connection?.end() };
}

class Connection {
  readonly #socket: Socket;
  readonly #tell: (message: FromPhone) => void;
  readonly #asked: { readonly id: number; readonly length: number }[] = [];
  #bytes = Buffer.alloc(0);
  /** What is left of the USB transfer at hand: on USB a header and its payload come in transfers of their own. */
  #left = HEADER_BYTES;
  #inHeader = true;
  #ended = false;

  constructor(port: number, tell: (message: FromPhone) => void) {
    this.#tell = tell;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#deliver();
    });
    this.#socket.on('error', () => undefined); // `close` follows
    this.#socket.on('close', () => {
      if (!this.#ended) tell({ op: 'unplugged' });
    });
  }

  out(id: number, bytes: Uint8Array): void {
    this.#socket.write(bytes, (error) => {
      if (!error && !this.#ended) this.#tell({ op: 'sent', id });
    });
  }

  in(id: number, length: number): void {
    this.#asked.push({ id, length });
    this.#deliver();
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #deliver(): void {
    for (let asked = this.#asked[0]; asked; asked = this.#asked[0]) {
      const length = Math.min(asked.length, this.#left);
      if (this.#ended || this.#bytes.length < length) break;
      this.#asked.shift();
      const bytes = new Uint8Array(this.#bytes.subarray(0, length));
      this.#bytes = this.#bytes.subarray(length);
      this.#advance(bytes);
      this.#tell({ op: 'received', id: asked.id, bytes, babble: false });
    }
    // Nothing is lost: the kernel holds back what nobody reads.
    if (this.#bytes.length > 4 * MAX_PAYLOAD_BYTES) this.#socket.pause();
    else this.#socket.resume();
  }

  #advance(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    if (this.#left > 0) return;
    const payload = this.#inHeader ? payloadOf(bytes) : 0;
    this.#inHeader = payload === 0;
    this.#left = payload || HEADER_BYTES;
  }
}

/** Field `data_length` of an ADB header. Source: AOSP packages/modules/adb, protocol.txt. */
function payloadOf(header: Uint8Array): number {
  if (header.length !== HEADER_BYTES) throw new Error('a header was read in parts');
  const length = new DataView(header.buffer).getUint32(12, true);
  if (length > MAX_PAYLOAD_BYTES) throw new Error(`a payload of ${length} bytes`);
  return length;
}
