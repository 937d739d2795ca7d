import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { BridgeWire } from '../../../../src/adapters/bridge/wire';
import type { FromPhone } from '../../../../src/adapters/virtual/wire';
import { openTcp } from '../../../../src/cli/bridge/tcp';
import { connectThrough, dialFrom, openBridge, ORIGIN } from '../../../device/bridged';

/** A phone that answers whatever it is told with these bytes, and then hangs up if told so. */
function phoneThatSays(answer: Uint8Array | 'nothing', thenEnds = false): Duplex {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      if (answer !== 'nothing') this.push(answer);
      if (thenEnds) this.push(null);
      done();
    },
  });
}
const silent = () => phoneThatSays('nothing');

/** Why the page does not get its phone through this address. */
async function failureOf(address: string, origin?: string) {
  const { device, wire } = await connectThrough(address, origin);
  wire.discard();
  if (device.ok) throw new Error('it got its phone');
  expect(Object.getPrototypeOf(device.failure)).toBe(Object.prototype); // plain data, for reports
  return device.failure;
}

test('what is no address of a bridge is not dialled', async () => {
  const dialled: string[] = [];
  const wire = new BridgeWire('ws://evil.example:1/x', (address) => {
    dialled.push(address);
    throw new Error('dialled');
  });
  await expect(wire.ready()).rejects.toMatchObject({ code: 'bridge-address' });
  expect(dialled).toEqual([]);
});

test('no bridge, wrong token, wrong origin, another page: each has its code', async () => {
  await using gone = await openBridge({ openPhone: silent });
  const old = await gone.address();
  await gone[Symbol.asyncDispose]();
  expect(await failureOf(old)).toMatchObject({ code: 'bridge-gone' });

  let came: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => (came = resolve));
  await using here = await openBridge({ openPhone: silent, onPage: came });
  const address = await here.address();
  const wrong = address.replace(/[^/]*$/, 'x'.repeat(32));
  expect(await failureOf(wrong)).toMatchObject({ code: 'bridge-refused' });
  expect(await failureOf(address, 'https://evil.example')).toMatchObject({ code: 'bridge-origin' });
  const connecting = connectThrough(address);
  await entered;
  expect(await failureOf(address)).toMatchObject({ code: 'bridge-busy' });
  await here[Symbol.asyncDispose]();
  expect((await connecting).device).toMatchObject({ failure: { code: 'bridge-gone' } });
});

test('no detail holds the token', async () => {
  await using gone = await openBridge({ openPhone: silent });
  const old = await gone.address();
  await gone[Symbol.asyncDispose]();
  expect(JSON.stringify(await failureOf(old))).not.toContain(new URL(old).pathname.slice(1));
});

test.each([
  ['is not reached', () => openTcp({ host: '127.0.0.1', port: 1 }), 'bridge-device'],
  ['hangs up', () => phoneThatSays('nothing', true), 'bridge-device'],
  ['wants TLS', () => phoneThatSays(Buffer.from('STLS'.padEnd(24, '\0')), true), 'bridge-pairing'],
  ['sends what is not ADB', () => phoneThatSays(Buffer.alloc(48, 0xff)), 'adb-protocol'],
] as const)('a phone that %s has its code', async (_, openPhone, code) => {
  await using bridge = await openBridge({ openPhone });
  expect(await failureOf(await bridge.address())).toMatchObject({ code });
});

test('a page that lets go frees the bridge for another', async () => {
  await using bridge = await openBridge({ openPhone: silent });
  const wire = new BridgeWire(await bridge.address(), dialFrom(ORIGIN));
  await wire.ready();
  wire.discard();
  const next = new BridgeWire(await bridge.address(2), dialFrom(ORIGIN));
  await next.ready();
  next.discard();
});

/** A WebSocket whose other end the test holds. */
class FakeSocket extends EventTarget {
  binaryType = '';
  readyState = 1;
  readonly sent: unknown[] = [];
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code: 1005 }));
  }
  say(data: object | ArrayBuffer): void {
    const text = data instanceof ArrayBuffer ? data : JSON.stringify(data);
    this.dispatchEvent(Object.assign(new Event('message'), { data: text }));
  }
}

async function fakeWire() {
  const socket = new FakeSocket();
  const heard: FromPhone[] = [];
  const address = `ws://127.0.0.1:1/${'x'.repeat(32)}`;
  const wire = new BridgeWire(address, () => socket as unknown as WebSocket);
  wire.listen((message) => heard.push(message));
  const ready = wire.ready();
  socket.say({ op: 'hello' });
  await ready;
  return { wire, socket, heard };
}

test('what belongs to a connection before this one does not reach it', async () => {
  const { wire, socket, heard } = await fakeWire();
  wire.post({ op: 'open' });
  socket.say({ op: 'opened', id: 1 });
  wire.post({ op: 'open' });
  wire.post({ op: 'in', id: 7, length: 24 });
  socket.say(new Uint8Array(24).fill(1).buffer);
  socket.say({ op: 'gone', id: 1, why: 'device', detail: '' });
  expect(heard).toEqual([]);
  socket.say({ op: 'opened', id: 2 });
  socket.say(new Uint8Array(24).buffer);
  expect(heard).toEqual([{ op: 'received', id: 7, bytes: new Uint8Array(24), babble: false }]);
});

test('a bridge that says what no bridge says is left', async () => {
  const { wire, socket, heard } = await fakeWire();
  wire.post({ op: 'open' });
  socket.say({ op: 'opened', id: 'one' });
  expect(heard).toMatchObject([{ op: 'unplugged', failure: { code: 'bridge-gone' } }]);
});

test('without a bridge, opening fails at once and says why', async () => {
  const { wire, socket, heard } = await fakeWire();
  socket.close();
  heard.length = 0;
  wire.post({ op: 'open' });
  expect(heard).toMatchObject([{ op: 'unplugged', failure: { code: 'bridge-gone' } }]);
});
