import { connect, type Socket } from 'node:net';
import type { AdbServerClient } from '@yume-chan/adb';
import { MaybeConsumable, ReadableStream } from '@yume-chan/stream-extra';
import type { Endpoint } from './tcp';

/**
 * How the library's `AdbServerClient` reaches an adb server. Not `@yume-chan/adb-server-node-tcp`: its 2.5.2 loses the last chunk
 * for a slow reader. Node says 'end' of a socket that is paused and empty, and `PushReadableStream.close()` drops
 * what still waits to be enqueued then.
 */
export class ServerConnector implements AdbServerClient.ServerConnector {
  readonly #server: Endpoint;

  constructor(server: Endpoint) {
    this.#server = server;
  }

  async connect({
    unref,
    signal,
  }: AdbServerClient.ServerConnectionOptions = {}): Promise<AdbServerClient.ServerConnection> {
    const socket = connect({ ...this.#server, noDelay: true });
    if (unref) socket.unref();
    signal?.addEventListener('abort', () => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined); // the streams tell
    return {
      readable: readableOf(socket),
      writable: writableOf(socket),
      closed: new Promise((resolve) => socket.once('close', () => resolve(undefined))),
      close: () => void socket.end(),
    };
  }

  addReverseTunnel(): never {
    throw new Error('the bridge makes no reverse tunnels');
  }
  removeReverseTunnel(): void {}
  clearReverseTunnels(): void {}
}

/** Everything that arrives; the socket is held back while nobody reads. */
function readableOf(socket: Socket): ReadableStream<Uint8Array> {
  let over = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      socket.on('data', (bytes) => {
        if (over) return;
        controller.enqueue(new Uint8Array(bytes));
        if ((controller.desiredSize ?? 0) <= 0) socket.pause();
      });
      socket.on('end', () => {
        if (!over) controller.close();
        over = true;
      });
      socket.on('close', () => {
        if (!over) controller.error(new Error('the adb server cut the connection'));
        over = true;
      });
    },
    pull: () => void socket.resume(),
    cancel() {
      over = true;
      socket.destroy();
    },
  });
}

function writableOf(socket: Socket): MaybeConsumable.WritableStream<Uint8Array> {
  return new MaybeConsumable.WritableStream<Uint8Array>({
    write: (bytes) =>
      new Promise((resolve, reject) =>
        socket.write(bytes, (error) => (error ? reject(error) : resolve())),
      ),
  });
}
