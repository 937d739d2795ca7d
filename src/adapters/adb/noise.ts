import type { AdbDaemonConnection } from '@yume-chan/adb';
import { Consumable, WritableStream } from '@yume-chan/stream-extra';
import { ignore } from './wait';

type Packets = AdbDaemonConnection['writable'];
type Packet = Packets extends WritableStream<infer T> ? T : never;

/**
 * The same connection, but a packet that could not be sent is reported once, by its write, and not again
 * by a promise that nobody holds (F5).
 */
export function quietly(connection: AdbDaemonConnection): AdbDaemonConnection {
  const writer = connection.writable.getWriter();
  const writable = new WritableStream<Packet>({
    write(packet) {
      if (packet instanceof Consumable) ignore(packet.consumed);
      return writer.write(packet);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  return { readable: connection.readable, writable };
}
