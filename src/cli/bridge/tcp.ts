import { connect, type Socket } from 'node:net';

/** Where something listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Less than the page waits for a phone's first word (10 s). */
const CONNECT_MS = 8000;
/** A phone that left the Wi-Fi says nothing: the system asks it after this long without a byte. */
const KEEP_ALIVE_MS = 10_000;

/** Connects to an adbd that listens on TCP (`adb tcpip 5555`). Errors name the endpoint. */
export function openTcp({ host, port }: Endpoint): Socket {
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const timer = setTimeout(
    () => socket.destroy(new Error(`${host}:${port} does not answer within ${CONNECT_MS} ms`)),
    CONNECT_MS,
  );
  const clear = () => clearTimeout(timer);
  return socket.once('connect', clear).once('close', clear);
}

/** Resolves when something accepts a connection there; rejects with what the system says. */
export function canReach(endpoint: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = openTcp(endpoint);
    socket.once('connect', () => socket.destroy());
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
