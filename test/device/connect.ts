import { createConnector } from '../../src/adapters/adb/connector';
import { systemClock } from '../../src/adapters/system-clock';
import { createVirtualUsbPort } from '../../src/adapters/virtual/usb';
import type { Device } from '../../src/domain/device';
import type { Result } from '../../src/domain/result';
import { memoryKeys } from '../unit/adapters/adb/rig';
import { createTcpWire } from './tcp-wire';

/** The value of what must have gone well. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.failure.code}: ${result.failure.detail ?? ''}`);
}

/** A signal that nobody aborts. */
export const NEVER = new AbortController().signal;

/** Connects the page's own adapter to an adbd on this computer. */
export async function connectTo(port: number): Promise<Device> {
  const usb = createVirtualUsbPort(createTcpWire(port), 'Test device', `tcp-${port}`);
  const connector = createConnector({
    ...{ usb, transport: 'bridge', simulated: false },
    ...{ clock: systemClock, keys: memoryKeys() },
  });
  const [candidate] = await connector.known();
  if (!candidate) throw new Error('the wire has no device');
  const opening = connector.open(candidate, NEVER);
  for (;;) {
    const { done, value } = await opening.next();
    if (!done) continue;
    if (value.ok) return value.value;
    throw new Error(`${value.failure.code}: ${value.failure.detail ?? ''}`);
  }
}
