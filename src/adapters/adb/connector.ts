import type { AdbCredentialStore } from '@yume-chan/adb';
import type { Clock } from '../../domain/clock';
import type { ConnectEvent, Connector, Device } from '../../domain/device';
import type { Failure } from '../../domain/failure';
import { fail, ok, type Result } from '../../domain/result';
import { choose, createCandidates } from './candidates';
import { connect } from './connect';
import { createDevice } from './device';
import { createKeys } from './keys';
import { createLink } from './link';
import { readName } from './name';
import { openPort, type AdbUsbDevice, type Port } from './port';

/** What we use of `navigator.usb`; its events are `connect` and `disconnect` with a `device`. */
export type UsbPort = EventTarget & Pick<USB, 'getDevices' | 'requestDevice'>;

export interface ConnectorOptions {
  /** `navigator.usb`, or an object that looks like it. */
  readonly usb: UsbPort | undefined;
  readonly transport: Connector['transport'];
  readonly simulated: boolean;
  readonly clock: Clock;
  /** Why this way cannot work here; absent: it can. */
  readonly unavailable?: Failure | undefined;
  /** Absent: kept in IndexedDB. */
  readonly keys?: AdbCredentialStore;
  /** Tells this page's tabs from each other. Absent: the browser's own, for real USB only. */
  readonly locks?: LockManager | undefined;
}

/** A way to reach phones by ADB over anything that looks like WebUSB. */
export function createConnector(options: ConnectorOptions): Connector {
  const { transport, unavailable } = options;
  // The library's type asks for all of `USB`; it uses the two events only.
  const usb = options.usb as USB | undefined;
  const candidates = createCandidates(usb);
  const parts: Parts = {
    ...options,
    usb,
    keys: options.keys ?? createKeys(),
    locks: options.locks ?? (transport === 'usb' ? globalThis.navigator?.locks : undefined),
  };
  return {
    transport,
    unavailable,
    async known() {
      if (!usb || unavailable) return [];
      // A policy that forbids USB forbids the question too: nothing is known then.
      const devices = await usb.getDevices().catch(() => []);
      return devices
        .map((device) => candidates.add(device))
        .filter((candidate) => candidate !== undefined);
    },
    async choose() {
      if (unavailable) return { ok: false, failure: unavailable };
      return usb ? choose(usb, candidates) : fail('webusb-missing');
    },
    open: ({ id }, signal) => open(candidates.get(id), parts, signal),
    onPlugged(listener) {
      const onConnect = ({ device }: USBConnectionEvent) => {
        const candidate = candidates.add(device);
        if (candidate) listener(candidate);
      };
      usb?.addEventListener('connect', onConnect);
      return () => usb?.removeEventListener('connect', onConnect);
    },
  };
}

type Parts = ConnectorOptions & {
  readonly usb: USB | undefined;
  readonly keys: AdbCredentialStore;
  readonly locks: LockManager | undefined;
};
type Opening = AsyncGenerator<ConnectEvent, Result<Device>, void>;

/** Opens the port and closes it again unless a device comes of it. */
async function* open(
  usbDevice: AdbUsbDevice | undefined,
  parts: Parts,
  signal: AbortSignal,
): Opening {
  const { usb, clock, locks } = parts;
  yield { kind: 'opening' };
  if (signal.aborted) return fail('cancelled');
  if (!usb || !usbDevice) return fail('unplugged', 'not plugged in any more');
  const port = await openPort(usbDevice, { usb, clock, locks }, signal);
  if (!port.ok) return port;
  let device: Result<Device> | undefined;
  try {
    device = yield* openDevice(port.value, parts, signal);
    return device;
  } finally {
    if (!device?.ok) await port.value.close();
  }
}

async function* openDevice(
  port: Port,
  { keys, transport, simulated }: Parts,
  signal: AbortSignal,
): Opening {
  const connection = yield* connect(port, keys, signal);
  if (!connection.ok) return connection;
  const link = createLink(connection.value, port);
  let name: Result<string> | undefined;
  try {
    yield { kind: 'reading' };
    name = await readName(link, port.raw.productName ?? '', signal);
  } finally {
    if (!name?.ok) await link.close();
  }
  if (!name.ok) return name;
  const { serial } = port;
  return ok(createDevice(link, { name: name.value, serial, simulated, transport }));
}
