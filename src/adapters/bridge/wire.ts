import {
  BRIDGE_CLOSE,
  BRIDGE_PROTOCOL,
  parseBridgeAddress,
  parseFromBridge,
  type FromBridge,
  type ToBridge,
} from '../../domain/bridge';
import type { Failure, FailureCode } from '../../domain/failure';
import { FramingFault } from '../virtual/packet';
import { Lost, type Wire } from '../virtual/usb';
import type { FromPhone, ToPhone } from '../virtual/wire';
import { Transfers } from './transfers';

/** Opens a WebSocket; the browser's own, or a test's. */
export type Dial = (address: string, protocol: string) => WebSocket;

const CODES: Readonly<Record<number, FailureCode>> = {
  [BRIDGE_CLOSE.refused]: 'bridge-refused',
  [BRIDGE_CLOSE.origin]: 'bridge-origin',
  [BRIDGE_CLOSE.busy]: 'bridge-busy',
};

/** One ADB connection through the bridge; the WebSocket may carry several, one after the other. */
interface Connection {
  readonly id: number;
  readonly transfers: Transfers;
  opened: boolean;
}

/**
 * A cable to the phone behind a bridge, for the USB objects of adapters/virtual. `ready()` connects to the bridge, which
 * may take as long as the browser asks its user; failures: bridge-address, bridge-gone, bridge-refused, bridge-origin, bridge-busy.
 * Nothing else connects. `transferOut` counts as done when the browser has the bytes: what is under way is
 * bounded by ADB, which acknowledges every payload of at most 1 MiB before the next.
 */
export class BridgeWire implements Wire {
  readonly #address: string;
  readonly #dial: Dial;
  #tell: (message: FromPhone) => void = () => undefined;
  #socket: WebSocket | undefined;
  #connection: Connection | undefined;
  #lastId = 0;

  constructor(address: string, dial: Dial) {
    this.#address = address;
    this.#dial = dial;
  }

  listen(listener: (message: FromPhone) => void): void {
    this.#tell = listener;
  }

  ready(): Promise<void> {
    if (this.#socket) return Promise.resolve();
    const address = parseBridgeAddress(this.#address);
    return new Promise((resolve, reject) => {
      const refuse = (failure: Failure) => reject(new Lost(failure));
      if (address.ok) this.#connect(address.value, resolve, refuse);
      else refuse(address.failure);
    });
  }

  post(message: ToPhone): void {
    switch (message.op) {
      case 'open':
      case 'reset':
        return this.#open();
      case 'close':
        this.#connection = undefined;
        return this.#say({ op: 'close' });
      case 'out':
        this.#socket?.send(message.bytes);
        return this.#tell({ op: 'sent', id: message.id });
      case 'in':
        return this.#framed(() => this.#connection?.transfers.ask(message.id, message.length));
    }
  }

  /** Lets go of the bridge; it then serves another page. */
  discard(): void {
    this.#socket?.close();
  }

  #connect(address: string, resolve: () => void, refuse: (failure: Failure) => void): void {
    const socket = this.#dial(address, BRIDGE_PROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== 'string') return this.#received(new Uint8Array(data));
      const message = parseFromBridge(data);
      if (!message) return socket.close();
      if (message.op === 'hello') return resolve();
      this.#heard(message);
    });
    // `error` says nothing, and `close` follows it.
    socket.addEventListener('close', ({ code }: CloseEvent) => {
      const failure = { code: CODES[code] ?? 'bridge-gone', detail: `WebSocket closed, ${code}` };
      this.#socket = undefined;
      this.#connection = undefined;
      refuse(failure);
      this.#tell({ op: 'unplugged', failure });
    });
  }

  #open(): void {
    if (!this.#socket) {
      const failure = { code: 'bridge-gone', detail: 'not connected' } as const;
      return this.#tell({ op: 'unplugged', failure });
    }
    const id = ++this.#lastId;
    const transfers = new Transfers((request, bytes) =>
      this.#tell({ op: 'received', id: request, bytes, babble: false }),
    );
    this.#connection = { id, transfers, opened: false };
    this.#say({ op: 'open', id });
  }

  #heard(message: Exclude<FromBridge, { op: 'hello' }>): void {
    const connection = this.#connection;
    if (message.id !== connection?.id) return; // of one that is over here
    if (message.op === 'opened') return void (connection.opened = true);
    const code = message.why === 'pairing' ? 'bridge-pairing' : 'bridge-device';
    this.#lose({ code, detail: message.detail });
  }

  /** Bytes before `opened` are the last connection's. */
  #received(bytes: Uint8Array): void {
    const connection = this.#connection;
    if (connection?.opened) this.#framed(() => connection.transfers.push(bytes));
  }

  #framed(work: () => void): void {
    try {
      work();
    } catch (fault) {
      if (!(fault instanceof FramingFault)) throw fault;
      this.#say({ op: 'close' });
      this.#lose({ code: 'adb-protocol', detail: fault.message });
    }
  }

  #lose(failure: Failure): void {
    this.#connection = undefined;
    this.#tell({ op: 'unplugged', failure });
  }

  #say(message: ToBridge): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message)); // 1: open
  }
}
