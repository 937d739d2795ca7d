import { connect, type Socket } from 'node:net';
import { Transfers } from '../../src/adapters/bridge/transfers';
import { MAX_PAYLOAD } from '../../src/adapters/virtual/packet';
import type { Wire } from '../../src/adapters/virtual/usb';
import type { FromPhone, ToPhone } from '../../src/adapters/virtual/wire';

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
  return {
    post,
    borrows: true,
    listen: (listener) => (tell = listener),
    discard: () => connection?.end(),
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #tell: (message: FromPhone) => void;
  readonly #transfers: Transfers;
  #ended = false;

  constructor(port: number, tell: (message: FromPhone) => void) {
    this.#tell = tell;
    this.#transfers = new Transfers((id, bytes) => {
      if (!this.#ended) tell({ op: 'received', id, bytes, babble: false });
    });
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.#transfers.push(chunk);
      // Nothing is lost: the kernel holds back what nobody reads.
      if (this.#transfers.unread > 4 * MAX_PAYLOAD) this.#socket.pause();
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
    this.#transfers.ask(id, length);
    if (this.#transfers.unread <= 4 * MAX_PAYLOAD) this.#socket.resume();
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}
