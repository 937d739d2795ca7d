import { spawnSync } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPhones, openThroughServer } from '../../src/cli/bridge/adb-server';
import { openTcp } from '../../src/cli/bridge/tcp';
import { Transfers } from '../../src/adapters/bridge/transfers';
import {
  CLSE,
  CNXN,
  HEADER_BYTES,
  MAX_PAYLOAD,
  OKAY,
  OPEN,
  VERSION,
  toTransfers,
} from '../../src/adapters/virtual/packet';
import { freePort } from '../../src/cli/free-port';
import type { Device } from '../../src/domain/device';
import type { Result } from '../../src/domain/result';
import { connectThrough, openBridge } from './bridged';
import { NEVER } from './connect';
import { startDevice, whyNoDevice, type TestDevice } from './device';

const noDevice = await whyNoDevice();
const noAdb =
  spawnSync('adb', ['version']).status === 0 ? undefined : 'no adb here: apt-get install adb';

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.failure.code}: ${result.failure.detail ?? ''}`);
}

/** An adb server of our own: the one of this computer's owner is left alone. */
function adb(port: number, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync('adb', ['-P', String(port), ...args], { encoding: 'utf8' });
  return stdout + stderr;
}

async function push(device: Device, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const pushing = device.push({ path, source: new Blob([bytes]).stream(), mode: 0o644 }, NEVER);
  let step = await pushing.next();
  while (!step.done) step = await pushing.next();
  must(step.value);
}

/** A computer's end of ADB that only asks, by hand. */
class Host {
  readonly #phone: Duplex;
  readonly #transfers: Transfers;
  #heard: (bytes: Uint8Array) => void = () => undefined;

  constructor(phone: Duplex) {
    this.#phone = phone;
    this.#transfers = new Transfers((_, bytes) => this.#heard(bytes));
    phone.on('data', (bytes: Buffer) => this.#transfers.push(bytes));
  }

  /** Sends a packet and returns the command of the next one that comes. */
  async ask(command: number, arg0: number, arg1: number, text: string): Promise<number> {
    const payload = new TextEncoder().encode(`${text}\0`);
    for (const part of toTransfers({ command, arg0, arg1, payload })) this.#phone.write(part);
    const header = await this.#take(HEADER_BYTES);
    const length = header.getUint32(12, true);
    if (length > 0) await this.#take(length);
    return header.getUint32(0, true);
  }

  async #take(length: number): Promise<DataView> {
    const bytes = await new Promise<Uint8Array>((resolve) => {
      this.#heard = resolve;
      this.#transfers.ask(1, length);
    });
    return new DataView(bytes.buffer);
  }
}

describe.skipIf(noDevice)(`the bridge to a real adbd (${noDevice ?? 'Debian 13, adbd 34'})`, () => {
  let machine: TestDevice;
  const server = { host: '127.0.0.1', port: 0 };
  const serial = () => `127.0.0.1:${machine.port}`;
  beforeAll(async () => {
    machine = await startDevice();
    if (noAdb) return;
    server.port = await freePort();
    adb(server.port, 'start-server');
    expect(adb(server.port, 'connect', serial())).toContain('connected to');
  }, 300_000);
  afterAll(async () => {
    if (!noAdb) adb(server.port, 'kill-server');
    await machine?.[Symbol.asyncDispose]();
  });
  const raw = () => openTcp({ host: '127.0.0.1', port: machine.port });
  const held = () => openThroughServer(server, serial());

  async function through(openPhone: () => Duplex) {
    const bridge = await openBridge({ openPhone });
    const { device, wire } = await connectThrough(await bridge.address());
    const close = () => bridge[Symbol.asyncDispose]();
    return { bridge, wire, device: must(device), [Symbol.asyncDispose]: close };
  }

  const WAYS = [
    ['raw', raw, undefined],
    [`through an adb server${noAdb ? ` (${noAdb})` : ''}`, held, noAdb],
  ] as const;
  describe.each(WAYS)('%s', (_, way, missing) => {
    test.skipIf(missing)('commands, both pipes and exit codes', async () => {
      await using open = await through(way);
      const { device } = open;
      expect(device).toMatchObject({ name: 'Test device (x86-64)', transport: 'bridge' });
      expect(device.simulated).toBe(false);
      expect(must(await device.shell('id -u; echo no >&2; exit 3', NEVER))).toEqual({
        ...{ stdout: '2000\n', stderr: 'no\n', exitCode: 3 },
      });
      const much = must(await device.shell('head -c 3000000 /dev/zero', NEVER));
      expect(much.stdout.length).toBe(3_000_000);
      await device[Symbol.asyncDispose]();
    });

    test.skipIf(missing)('files there and back, several at once', async () => {
      await using open = await through(way);
      const { device } = open;
      const bytes = new Uint8Array(5 << 20).map((_, i) => (i * 7919) >> 5);
      const paths = [1, 2, 3].map((n) => `/data/local/tmp/bridge-${n}`);
      await Promise.all(paths.map((path) => push(device, path, bytes)));
      for (const path of paths) {
        const back = must(await device.pull(path, 6 << 20, NEVER));
        expect(Buffer.compare(back, bytes)).toBe(0);
      }
      must(await device.shell(`rm ${paths.join(' ')}`, NEVER));
      await device[Symbol.asyncDispose]();
    });

    test.skipIf(missing)('a program that is left is gone', async () => {
      await using open = await through(way);
      const { device } = open;
      const command = { argv: ['sleep', '4713'], cwd: '/data/local/tmp', env: {} } as const;
      const process = must(await device.spawn(command, NEVER));
      await process[Symbol.asyncDispose]();
      const { stdout } = must(await device.shell('pgrep -xf "sleep 4713" || echo none', NEVER));
      expect(stdout).toBe('none\n');
      await device[Symbol.asyncDispose]();
    });

    test.skipIf(missing)('when the bridge ends in the middle, the page is told so', async () => {
      const { bridge, device } = await through(way);
      const command = { argv: ['sleep', '4714'], cwd: '/data/local/tmp', env: {} } as const;
      const process = must(await device.spawn(command, NEVER));
      await bridge[Symbol.asyncDispose]();
      expect(await process.exit).toMatchObject({ failure: { code: 'bridge-gone' } });
      expect(await device.gone).toMatchObject({ code: 'bridge-gone' });
      expect(await device.shell('true', NEVER)).toMatchObject({ failure: { code: 'bridge-gone' } });
    });

    test.skipIf(missing)(
      'a closed device lets the page connect again, over the same bridge',
      async () => {
        await using bridge = await openBridge({ openPhone: way });
        const { device, again, wire } = await connectThrough(await bridge.address());
        await must(device)[Symbol.asyncDispose]();
        const second = must(await again());
        expect(must(await second.shell('echo again', NEVER)).stdout).toBe('again\n');
        await second[Symbol.asyncDispose]();
        wire.discard();
        await bridge.address(2);
      },
    );
  });

  test.skipIf(noAdb)('an adb server tells what it holds', async () => {
    expect(await listPhones(server)).toMatchObject([{ serial: serial(), state: 'device' }]);
  });

  test.skipIf(noAdb)('through a server only shell and files can be opened', async () => {
    const phone = held();
    const host = new Host(phone);
    await host.ask(CNXN, VERSION, MAX_PAYLOAD, 'host::');
    for (const service of ['reboot:', 'tcpip:5556', 'root:', 'reverse:list-forward', 'exec:id'])
      expect(await host.ask(OPEN, 1, 0, service), service).toBe(CLSE);
    for (const service of ['shell,v2,raw:sleep 1', 'sync:'])
      expect(await host.ask(OPEN, 1, 0, service), service).toBe(OKAY);
    phone.destroy();
  });

  test.skipIf(noAdb)('a phone that the server loses is told', async () => {
    await using open = await through(held);
    const { device } = open;
    adb(server.port, 'disconnect', serial());
    expect((await device.gone).code).toBe('bridge-device');
    adb(server.port, 'connect', serial());
  });

  test('a phone that crashes is told', async () => {
    await using open = await through(raw);
    const { device } = open;
    await machine.restart();
    expect((await device.gone).code).toBe('bridge-device');
  });
});
