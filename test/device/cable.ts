import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A cable between a client and an adbd on this computer: it counts, it can be cut, and it can be as slow as a USB cable. */
export interface Cable extends AsyncDisposable {
  /** Where the client connects to. */
  readonly port: number;
  /** Bytes that went to the phone since it was plugged in. */
  readonly sentBytes: number;
  /** Cuts every connection when so many bytes in all have gone to the phone; the next connection is whole. */
  cutAt(sentBytes: number): void;
}

/** A model of a USB link: what each transfer costs (a packet is one for its header and one for its payload), each way. */
export interface LinkModel {
  readonly msPerTransfer: number;
  readonly bytesPerSecond: number;
}

const HEADER_BYTES = 24;

export async function plugCable(adbdPort: number, model?: LinkModel): Promise<Cable> {
  let sentBytes = 0;
  let cutAt = Infinity;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const phone = connect({ host: '127.0.0.1', port: adbdPort, noDelay: true });
    const cut = () => [client, phone].forEach((socket) => socket.destroy());
    for (const socket of [client, phone]) {
      sockets.add(socket);
      socket
        .on('error', cut)
        .on('close', () => sockets.delete(socket))
        .on('close', cut);
    }
    const count = (bytes: number) => {
      if ((sentBytes += bytes) < cutAt) return true;
      cutAt = Infinity;
      cut();
      return false;
    };
    void carry(client, phone, count, model);
    void carry(phone, client, () => true, model);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return sentBytes;
    },
    cutAt: (bytes) => void (cutAt = bytes),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One direction. Nothing is held back but what the other end does not take. */
async function carry(
  from: Socket,
  to: Socket,
  count: (bytes: number) => boolean,
  model: LinkModel | undefined,
): Promise<void> {
  let freeAt = 0;
  try {
    for await (const bytes of model ? transfers(from) : (from as AsyncIterable<Buffer>)) {
      if (model) {
        freeAt =
          Math.max(performance.now(), freeAt) +
          model.msPerTransfer +
          (bytes.length * 1000) / model.bytesPerSecond;
        await until(freeAt);
      }
      if (!to.write(bytes)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      if (!count(bytes.length)) return;
    }
    to.end();
  } catch {
    to.destroy(); // a connection that is cut
  }
}

/** Timers are not fine enough for a transfer: the last milliseconds are waited for awake. */
async function until(at: number): Promise<void> {
  const leftMs = at - performance.now();
  if (leftMs > 2) await delay(leftMs - 1);
  while (performance.now() < at) await new Promise((resolve) => setImmediate(resolve));
}

/** A TCP stream of ADB packets as the transfers that they would be on USB. Source: AOSP packages/modules/adb, protocol.txt. */
async function* transfers(from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;
  let inHeader = true;
  for await (const chunk of from) {
    parts.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const all = Buffer.concat(parts, held);
      const transfer = all.subarray(0, wanted);
      parts = [all.subarray(wanted)];
      held -= wanted;
      yield transfer;
      const payloadBytes: number = inHeader ? transfer.readUInt32LE(12) : 0;
      inHeader = payloadBytes === 0;
      wanted = payloadBytes || HEADER_BYTES;
    }
  }
}
