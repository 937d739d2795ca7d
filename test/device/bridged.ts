import { WebSocket as Socket } from 'ws';
import { createConnector } from '../../src/adapters/adb/connector';
import { BridgeWire, type Dial } from '../../src/adapters/bridge/wire';
import { systemClock } from '../../src/adapters/system-clock';
import { createVirtualUsbPort } from '../../src/adapters/virtual/usb';
import { startBridge, type Bridge, type BridgeOptions } from '../../src/cli/bridge/serve';
import type { Device } from '../../src/domain/device';
import type { Result } from '../../src/domain/result';
import { memoryKeys } from '../unit/adapters/adb/rig';

export const ORIGIN = 'http://localhost:4173';

/** A browser's WebSocket, of a page of this origin. */
export const dialFrom =
  (origin: string): Dial =>
  (address, protocol) => {
    const socket = new Socket(address, protocol, { origin, perMessageDeflate: false });
    socket.on('error', () => undefined); // `close` follows, as in a browser
    return socket as unknown as WebSocket;
  };

/** A bridge, and the addresses that it has offered so far. */
export interface TestBridge extends AsyncDisposable {
  readonly bridge: Bridge;
  readonly offered: readonly string[];
  /** Resolves with the address that was offered last, once `count` have been. */
  readonly address: (count?: number) => Promise<string>;
}

export async function openBridge(
  options: Partial<BridgeOptions> & Pick<BridgeOptions, 'openPhone'>,
): Promise<TestBridge> {
  const offered: string[] = [];
  let wake = () => {};
  const bridge = await startBridge({
    ...{ origins: [ORIGIN], port: 0, ...options },
    onAddress(address) {
      offered.push(address);
      wake();
    },
  });
  return {
    bridge,
    offered,
    async address(count = 1) {
      while (offered.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return offered.at(-1) ?? '';
    },
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
}

/** What the page gets at a bridge's address. */
export interface Through {
  readonly device: Result<Device>;
  readonly wire: BridgeWire;
  /** Connects once more, over the same WebSocket. */
  readonly again: () => Promise<Result<Device>>;
}

/** The page's own way to a phone behind a bridge, from the pasted address to the device. */
export async function connectThrough(address: string, origin = ORIGIN): Promise<Through> {
  const wire = new BridgeWire(address, dialFrom(origin));
  const usb = createVirtualUsbPort(wire, 'phone behind the bridge', 'bridge');
  const connector = createConnector({
    ...{ usb, transport: 'bridge', simulated: false },
    ...{ clock: systemClock, keys: memoryKeys() },
  });
  const connect = async (): Promise<Result<Device>> => {
    const chosen = await connector.choose();
    if (!chosen.ok) return chosen;
    const opening = connector.open(chosen.value, new AbortController().signal);
    for (;;) {
      const { done, value } = await opening.next();
      if (done) return value;
    }
  };
  return { device: await connect(), wire, again: connect };
}
