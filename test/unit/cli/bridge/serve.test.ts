import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { startBridge, type BridgeOptions } from '../../../../src/cli/bridge/serve';
import { canReach } from '../../../../src/cli/bridge/tcp';
import { BRIDGE_CLOSE, BRIDGE_PROTOCOL } from '../../../../src/domain/bridge';
import { openBridge, ORIGIN } from '../../../device/bridged';

/** A phone's end that a test holds in its hand. */
class Phone extends Duplex {
  readonly written: Buffer[] = [];
  /** True: takes nothing more. */
  stuck = false;
  override _read(): void {}
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    if (!this.stuck) done();
    this.emit('got');
  }
}

/** What a page hears, in order; text is parsed. */
class Page {
  readonly socket: WebSocket;
  readonly #heard: unknown[] = [];
  readonly closed: Promise<number>;

  constructor(address: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(address, BRIDGE_PROTOCOL, { origin: ORIGIN, ...options });
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.#heard.push(isBinary ? data.toString('latin1') : JSON.parse(data.toString()));
      this.socket.emit('heard');
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  async next(): Promise<unknown> {
    while (this.#heard.length === 0) await once(this.socket, 'heard');
    return this.#heard.shift();
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

const closers: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A bridge, its phones in the order in which they were opened, and how pages come in. */
async function setUp(options: Partial<BridgeOptions> = {}) {
  const phones: Phone[] = [];
  const openPhone = () => {
    const phone = new Phone();
    phones.push(phone);
    return phone;
  };
  const test = await openBridge({ openPhone, ...options });
  closers.push(() => test[Symbol.asyncDispose]());
  const enter = async (clientOptions?: ClientOptions) => {
    const page = new Page(await test.address(), clientOptions);
    closers.push(async () => page.socket.terminate());
    expect(await page.next()).toEqual({ op: 'hello' });
    return page;
  };
  /** A page that is connected to a phone. */
  const connected = async () => {
    const page = await enter();
    page.say({ op: 'open', id: 1 });
    expect(await page.next()).toEqual({ op: 'opened', id: 1 });
    const phone = phones[0];
    if (!phone) throw new Error('no phone was opened');
    return { page, phone };
  };
  return { ...test, phones, enter, connected };
}

// --- who may come in

test('it listens on this computer only, whatever it is told', async () => {
  for (const host of ['0.0.0.0', '::', 'localhost', '192.168.1.2'])
    await expect(
      startBridge({
        ...{ host, port: 0, origins: [], openPhone: () => new Phone() },
        onAddress: () => undefined,
      }),
    ).rejects.toThrow('127.0.0.1 only');
  const { bridge } = await setUp();
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others)
    await expect(canReach({ host: address, port: bridge.port })).rejects.toThrow('ECONNREFUSED');
});

test('a taken port is told', async () => {
  const { bridge } = await setUp();
  await expect(setUp({ port: bridge.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('bytes go both ways, in order', async () => {
  const { connected } = await setUp();
  const { page, phone } = await connected();
  page.socket.send(Buffer.from('to the '));
  page.socket.send(Buffer.from('phone'));
  while (Buffer.concat(phone.written).length < 12) await once(phone, 'got');
  expect(Buffer.concat(phone.written).toString()).toBe('to the phone');
  phone.push('to the page');
  expect(await page.next()).toBe('to the page');
});

test('wrong token, wrong origin: closed with the code that says so, and nothing is opened', async () => {
  const { address, phones } = await setUp();
  const right = await address();
  const wrong = new URL(`/${'x'.repeat(32)}`, right).href;
  expect(await new Page(wrong).closed).toBe(BRIDGE_CLOSE.refused);
  expect(await new Page(right, { origin: 'https://evil.example' }).closed).toBe(
    BRIDGE_CLOSE.origin,
  );
  expect(phones).toEqual([]);
});

test('a handshake for another host name is dropped', async () => {
  const { address } = await setUp();
  const page = new Page(await address(), { headers: { host: 'evil.example' } });
  expect(await page.closed).toBe(1006);
});

test('one page at a time; when it leaves, a new address works and the old one does not', async () => {
  const { address, enter, offered } = await setUp();
  const first = await enter();
  const [used = ''] = offered;
  expect(await new Page(used).closed).toBe(BRIDGE_CLOSE.busy);
  first.socket.close();
  const next = await address(2);
  expect(next).not.toBe(used);
  expect(await new Page(used).closed).toBe(BRIDGE_CLOSE.refused);
  await enter();
});

test('an address that nobody uses expires, and the bridge with it', async () => {
  const { bridge } = await setUp({ expireMs: 20 });
  await bridge.expired;
  await expect(canReach({ host: '127.0.0.1', port: bridge.port })).rejects.toThrow('ECONNREFUSED');
});

test('an address that is used does not expire under its page', async () => {
  const { enter, offered } = await setUp({ expireMs: 100, heartbeatMs: 50 });
  const page = await enter();
  for (let i = 0; i < 4; i += 1) await once(page.socket, 'ping');
  expect(page.socket.readyState).toBe(WebSocket.OPEN);
  expect(offered).toHaveLength(1);
});

test('plain HTTP gets nothing', async () => {
  const { bridge } = await setUp();
  const response = await fetch(`http://127.0.0.1:${bridge.port}/`);
  expect([response.status, await response.text()]).toEqual([426, '']);
});

// --- pages that do not behave

test('a page that went without a word is found out, and its phone closed', async () => {
  const { enter, phones, address } = await setUp({ heartbeatMs: 20 });
  const page = await enter({ autoPong: false });
  page.say({ op: 'open', id: 1 });
  await page.next();
  await address(2);
  expect(phones[0]?.destroyed).toBe(true);
});

test.each(['nonsense', '{"op":"open","id":-1}', '{"op":"hello"}'])(
  'a page that says %s is shown out',
  async (text) => {
    const { connected } = await setUp();
    const { page, phone } = await connected();
    page.say(text);
    expect(await page.closed).toBe(BRIDGE_CLOSE.misuse);
    expect(phone.destroyed).toBe(true);
  },
);

test('a page that opens and opens is shown out', async () => {
  const { enter, phones } = await setUp();
  const page = await enter();
  for (let id = 1; id <= 60; id += 1) page.say({ op: 'open', id });
  expect(await page.closed).toBe(BRIDGE_CLOSE.misuse);
  expect(phones.length).toBeLessThanOrEqual(50);
  expect(phones.every(({ destroyed }) => destroyed)).toBe(true);
});

test('a message larger than any of ADB ends the page', async () => {
  const { connected } = await setUp();
  const { page } = await connected();
  page.socket.send(Buffer.alloc((1 << 20) + 1));
  expect(await page.closed).toBe(1009);
});

test('a page that sends and sends to a phone that takes nothing is shown out', async () => {
  const { connected } = await setUp();
  const { page, phone } = await connected();
  phone.stuck = true;
  for (let sent = 0; sent < 40; sent += 1) page.socket.send(Buffer.alloc(1 << 20));
  expect(await page.closed).toBe(BRIDGE_CLOSE.misuse);
});

test('a phone waits for a slow page', async () => {
  const { connected } = await setUp();
  const { page, phone } = await connected();
  page.socket.pause();
  const paused = once(phone, 'pause');
  let pushed = 0;
  phone._read = () => {
    pushed += 1 << 20;
    // More than all buffers on the way hold.
    phone.push(pushed <= 256 << 20 ? Buffer.alloc(1 << 20) : null);
  };
  phone.push('the first'); // what follows is asked for
  await paused;
  expect(pushed).toBeLessThan(128 << 20);
  const resumed = once(phone, 'resume');
  page.socket.resume();
  await resumed;
});

// --- phones that go

test('a phone that ends is told, and another connection may follow in the same socket', async () => {
  const { connected, phones } = await setUp();
  const { page, phone } = await connected();
  phone.push(null);
  expect(await page.next()).toMatchObject({ op: 'gone', id: 1, why: 'device' });
  page.say({ op: 'open', id: 2 });
  expect(await page.next()).toEqual({ op: 'opened', id: 2 });
  expect(phones).toHaveLength(2);
});

test('a phone that breaks is told with its reason, cut to size', async () => {
  const { connected } = await setUp();
  const { page, phone } = await connected();
  phone.destroy(new Error('x'.repeat(9999)));
  expect(await page.next()).toEqual({ op: 'gone', id: 1, why: 'device', detail: 'x'.repeat(500) });
});

test('a phone that wants TLS wants to be paired', async () => {
  const { connected } = await setUp();
  const { page, phone } = await connected();
  phone.push(Buffer.from('STLS'.padEnd(24, '\0')));
  await page.next();
  phone.push(null);
  expect(await page.next()).toMatchObject({ op: 'gone', why: 'pairing' });
});

test('a new connection ends the last one, whose bytes do not reach the page any more', async () => {
  const { connected, phones } = await setUp();
  const { page, phone } = await connected();
  page.say({ op: 'open', id: 2 });
  expect(await page.next()).toEqual({ op: 'opened', id: 2 });
  expect(phone.destroyed).toBe(true);
  phones[1]?.push('new');
  expect(await page.next()).toBe('new');
  page.say({ op: 'close' });
  await once(phones[1] as Phone, 'close');
});

test('bytes for a phone that is gone go nowhere', async () => {
  const { enter, phones } = await setUp();
  const page = await enter();
  page.socket.send(Buffer.from('early'));
  page.say({ op: 'open', id: 1 });
  await page.next();
  expect(phones[0]?.written).toEqual([]);
});

test('closing the bridge tells the page and closes the phone', async () => {
  const { bridge, connected } = await setUp();
  const { page, phone } = await connected();
  await bridge[Symbol.asyncDispose]();
  expect(await page.closed).toBe(1001);
  expect(phone.destroyed).toBe(true);
});

test('closing does not wait for a socket that says nothing', async () => {
  const { bridge } = await setUp();
  const silent = connect({ host: '127.0.0.1', port: bridge.port });
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  await bridge[Symbol.asyncDispose]();
  await closed;
});

test('an address where nobody answers is told as such', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await canReach({ host: '127.0.0.1', port });
  server.close();
  await once(server, 'close');
  await expect(canReach({ host: '127.0.0.1', port })).rejects.toThrow('ECONNREFUSED');
});
