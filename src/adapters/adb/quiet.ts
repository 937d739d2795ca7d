import type { AdbSocket, AdbTransport } from '@yume-chan/adb';
import { Consumable, WritableStream, type MaybeConsumable } from '@yume-chan/stream-extra';
import { ignore } from './wait';

/**
 * The same transport, whose sockets report a failed write once. By itself the library rejects two
 * promises, the write's and the packet's `consumed`, and nobody holds the second: every socket closed
 * while it sends would leave an unhandled rejection "Socket closed" (F5).
 */
export function quietly(transport: AdbTransport): AdbTransport {
  const connect = async (service: string) => quietSocket(await transport.connect(service));
  return new Proxy(transport, {
    get(_, key) {
      if (key === 'connect') return connect;
      const value: unknown = Reflect.get(transport, key);
      return typeof value === 'function' ? (value.bind(transport) as unknown) : value;
    },
  });
}

function quietSocket(socket: AdbSocket): AdbSocket {
  const writer = socket.writable.getWriter();
  const writable = new WritableStream<MaybeConsumable<Uint8Array>>({
    write(chunk) {
      if (socket.service === SYNC) return silently(writer, chunk);
      if (chunk instanceof Consumable) ignore(chunk.consumed);
      return writer.write(chunk);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return {
    service: socket.service,
    readable: socket.readable,
    closed: socket.closed,
    writable,
    close: () => socket.close(),
  };
}

const SYNC = 'sync:';

/**
 * Whoever writes to a sync socket reads an answer, so it is told there that the socket is closed. Told here,
 * too, it would be an unhandled rejection: nobody holds the library's last write of a push (F10).
 */
async function silently(
  writer: WritableStreamDefaultWriter<MaybeConsumable<Uint8Array>>,
  chunk: MaybeConsumable<Uint8Array>,
): Promise<void> {
  const write = (bytes: Uint8Array) => writer.write(bytes).catch(() => undefined);
  await (chunk instanceof Consumable ? chunk.tryConsume(write) : write(chunk));
}
