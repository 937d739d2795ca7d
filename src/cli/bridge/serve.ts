import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { BRIDGE_PROTOCOL } from '../../domain/bridge';
import { MAX_PAYLOAD } from '../../adapters/virtual/packet';
import { Door } from './door';
import { Session, type OpenPhone } from './session';

/** The only address that a bridge listens on: who is not on this computer cannot reach it. */
export const LOOPBACK = '127.0.0.1';

/** How long a printed address works. */
export const EXPIRE_MS = 10 * 60_000;
/** A page that does not answer a ping by the next one is gone. */
const HEARTBEAT_MS = 10_000;
/** Handshakes at once, the page's own socket included. */
const MAX_SOCKETS = 8;
const HANDSHAKE_MS = 5000;

export interface BridgeOptions {
  readonly openPhone: OpenPhone;
  /** Origins of the pages that may use it, as browsers send them. */
  readonly origins: readonly string[];
  /** 0: any free one. */
  readonly port: number;
  /** Must be `LOOPBACK`. */
  readonly host?: string;
  /** Called with each address that can be pasted; the one before is worth nothing then. */
  readonly onAddress: (address: string) => void;
  /** Called when a page came in, and when it left. */
  readonly onPage?: (event: 'came' | 'left') => void;
  readonly expireMs?: number;
  readonly heartbeatMs?: number;
}

/** A listening bridge. Disposing closes every socket. */
export interface Bridge extends AsyncDisposable {
  readonly port: number;
  /** Resolves when nobody used the address in time; the bridge is closed then. */
  readonly expired: Promise<void>;
}

/** Listens for one page at a time. Rejects when the port is taken; throws on any host but this computer. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { port, host = LOOPBACK } = options;
  if (host !== LOOPBACK)
    throw new Error(`the bridge listens on ${LOOPBACK} only, not on "${host}"`);
  const server = createServer({ headersTimeout: HANDSHAKE_MS, requestTimeout: HANDSHAKE_MS });
  server.maxConnections = MAX_SOCKETS;
  server.on('request', (_, response) => response.writeHead(426).end());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return new Listener(server, address.port, options);
}

class Listener implements Bridge {
  readonly port: number;
  readonly expired: Promise<void>;
  readonly #options: BridgeOptions;
  readonly #door: Door;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(BRIDGE_PROTOCOL) ? BRIDGE_PROTOCOL : false),
  });
  #expire: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: ReturnType<typeof createServer>, port: number, options: BridgeOptions) {
    this.port = port;
    this.#server = server;
    this.#options = options;
    this.#door = new Door(options.origins);
    this.expired = new Promise((resolve) => (this.#expire = resolve));
    server.on('upgrade', (request, socket, head) => this.#knock(request, socket, head));
    this.#offer();
  }

  /** A fresh address, for a while. */
  #offer(): void {
    if (this.#closing) return;
    const token = this.#door.renew();
    this.#timer = setTimeout(
      () => void this[Symbol.asyncDispose]().then(this.#expire),
      this.#options.expireMs ?? EXPIRE_MS,
    );
    this.#options.onAddress(`ws://${LOOPBACK}:${this.port}/${token}`);
  }

  /** A browser tells a page nothing about a refused handshake, but the close code: so the refused come in for that long. */
  #knock(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers;
    const answer = this.#door.judge({ host, origin, path: request.url }, this.port);
    if (answer === 'drop') return void socket.destroy();
    this.#sockets.handleUpgrade(request, socket, head, (page) => {
      if (answer === 'enter') return this.#enter(page);
      page.on('error', () => undefined);
      page.close(answer);
    });
  }

  #enter(page: WebSocket): void {
    clearTimeout(this.#timer);
    this.#options.onPage?.('came');
    new Session(page, this.#options.openPhone);
    const stop = beat(page, this.#options.heartbeatMs ?? HEARTBEAT_MS);
    page.on('close', () => {
      stop();
      this.#options.onPage?.('left');
      this.#offer();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const page of this.#sockets.clients) page.close(1001); // "going away", RFC 6455
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const pages = [...this.#sockets.clients].map(
      (page) => new Promise<void>((resolve) => page.once('close', () => resolve())),
    );
    const tired = setTimeout(() => {
      for (const page of this.#sockets.clients) page.terminate();
      this.#server.closeAllConnections();
    }, 500);
    await Promise.all([closed, ...pages]);
    clearTimeout(tired);
  }
}

/** Pings a page; one that is silent for a whole round is cut off, so that another can come. */
function beat(page: WebSocket, ms: number): () => void {
  let alive = true;
  page.on('pong', () => (alive = true));
  const timer = setInterval(() => {
    if (!alive) return page.terminate();
    alive = false;
    page.ping();
  }, ms);
  return () => clearInterval(timer);
}
