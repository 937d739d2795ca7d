import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ServerConnector } from '../../../../src/cli/bridge/server-socket';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A server that does this with whoever connects, and a connection to it. */
async function connectTo(serve: (socket: Socket) => void) {
  const server = createServer((socket) => {
    closers.push(() => socket.destroy());
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new ServerConnector({ host: '127.0.0.1', port }).connect();
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Reads to the end, letting other things happen before each read. */
async function readSlowly(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  const reader = stream.getReader();
  for (;;) {
    for (let i = 0; i < 20; i += 1) await tick();
    const { done, value } = await reader.read();
    if (done) return bytes;
    bytes += value.length;
  }
}

test.each([1, 65_536, 65_537, 3_000_000])('a slow reader gets all of %i bytes', async (bytes) => {
  for (let round = 0; round < 5; round += 1) {
    const { readable } = await connectTo((socket) => socket.end(Buffer.alloc(bytes)));
    expect(await readSlowly(readable as ReadableStream<Uint8Array>)).toBe(bytes);
  }
});

test('a server whose bytes nobody reads is held back', async () => {
  let socket: Socket | undefined;
  const connection = await connectTo((made) => {
    socket = made;
    made.write(Buffer.alloc(64 << 20));
  });
  const reader = connection.readable.getReader();
  await reader.read();
  for (let i = 0; i < 200; i += 1) await tick();
  expect(socket?.writableLength).toBeGreaterThan(0);
  await reader.cancel();
  await connection.closed;
});

test('a connection that is cut fails its reader', async () => {
  const { readable, writable } = await connectTo((socket) =>
    socket.once('data', () => socket.resetAndDestroy()),
  );
  await writable.getWriter().write(new Uint8Array(1));
  await expect(readable.getReader().read()).rejects.toThrow('cut the connection');
});

test('bytes are written, and closing ends the connection', async () => {
  let heard = '';
  const connection = await connectTo((socket) =>
    socket.on('data', (bytes) => (heard += bytes.toString())),
  );
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode('hello'));
  await connection.close();
  await connection.closed;
  expect(heard).toBe('hello');
});

test('nobody there: refused at once', async () => {
  await expect(new ServerConnector({ host: '127.0.0.1', port: 1 }).connect()).rejects.toThrow(
    'ECONNREFUSED',
  );
});
