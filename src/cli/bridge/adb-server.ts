import { Duplex } from 'node:stream';
import { AdbServerClient, type AdbServerTransport, type AdbSocket } from '@yume-chan/adb';
import { Adbd } from '../../adapters/virtual/adbd';
import { FramingFault, PacketReader } from '../../adapters/virtual/packet';
import type { Stream } from '../../adapters/virtual/stream';
import { ServerConnector } from './server-socket';
import type { Endpoint } from './tcp';

/** All that the page asks for. What else a phone offers (`reboot:`, `tcpip:`, `reverse:` …) has no way through. */
const SERVICES = /^(shell,v2[^:]*|sync):/;

/** Phones that an adb server holds: serial number and state, "device" when it can be used. */
export async function listPhones(
  server: Endpoint,
): Promise<readonly { readonly serial: string; readonly state: string }[]> {
  return clientOf(server).getDevices(['device', 'unauthorized', 'offline']);
}

const clientOf = (server: Endpoint) => new AdbServerClient(new ServerConnector(server));

/**
 * A connection to a phone that an adb server holds. The page speaks ADB to us as to any phone; each of its streams
 * becomes a socket of the server (`host:transport-id:…`, then the service). The server has the phone's
 * permission, so the phone asks nobody.
 */
export function openThroughServer(server: Endpoint, serial: string): Duplex {
  return new Relay(clientOf(server).createTransport({ serial }));
}

class Relay extends Duplex {
  readonly #adbd: Promise<Adbd>;
  readonly #reader = new PacketReader();
  #transport: AdbServerTransport | undefined;

  constructor(transport: Promise<AdbServerTransport>) {
    super();
    this.#adbd = transport.then((found) => this.#start(found));
    this.#adbd.catch((reason: unknown) => this.#fail(reason));
  }

  #start(transport: AdbServerTransport): Adbd {
    this.#transport = transport;
    const over = () => this.destroy(new Error('the adb server lost the phone'));
    transport.disconnected.then(over, over);
    if (this.destroyed) transport.close().catch(() => undefined);
    const { product = '', model = '', device = '', features } = transport.banner;
    return new Adbd({
      banner: `device::ro.product.name=${product};ro.product.model=${model};ro.product.device=${device};`,
      // Our side of ADB acknowledges payload by payload.
      features: features.filter((feature) => feature !== 'delayed_ack'),
      trusted: true,
      askOwner: async () => undefined,
      service: (name) =>
        SERVICES.test(name) ? (stream) => join(stream, transport.connect(name)) : undefined,
      send: (transfers) => {
        for (const transfer of transfers) this.push(transfer);
      },
    });
  }

  /** Called with whole transfers, as the page wrote them: a Duplex without `_writev` does not join writes. */
  override _write(transfer: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    this.#adbd
      .then((adbd) => {
        const packet = this.#reader.push(new Uint8Array(transfer));
        if (packet) adbd.received(packet);
        done();
      })
      .catch((reason: unknown) => {
        done(reason instanceof FramingFault ? reason : undefined);
        if (!(reason instanceof FramingFault)) this.#fail(reason);
      });
  }

  /** The page acknowledges what it reads by ADB's own means. */
  override _read(): void {}

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#adbd.then(
      (adbd) => adbd.reset(),
      () => undefined,
    );
    this.#transport?.close().catch(() => undefined); // the server may be gone
    done(error);
  }

  #fail(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason);
    this.destroy(new Error(`adb server: ${text}`));
  }
}

/** Joins a stream of the page and a socket of the server until one of them ends; then both have. */
async function join(stream: Stream, connecting: Promise<AdbSocket>): Promise<void> {
  const socket = await connecting.catch(() => undefined);
  if (!socket) return; // no such service: the stream closes
  const down = socket.readable.getReader();
  const up = socket.writable.getWriter();
  const leave = () => down.cancel().catch(() => undefined);
  stream.closed.addEventListener('abort', () => void leave(), { once: true });
  void send(stream, (bytes) => up.write(bytes)).then(leave);
  try {
    for (;;) {
      const { done, value } = await down.read();
      if (done || !(await stream.write(value))) break;
    }
  } catch {
    // The server cut the socket: the stream closes, too.
  }
  await Promise.resolve(socket.close()).catch(() => undefined);
}

async function send(stream: Stream, write: (bytes: Uint8Array) => Promise<unknown>): Promise<void> {
  try {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) await write(bytes);
  } catch {
    // As above.
  }
}
