import type { Adb } from '@yume-chan/adb';
import { afterAll, beforeAll, describe } from 'vitest';
import { createConnector } from '../../src/adapters/adb/connector';
import { systemClock } from '../../src/adapters/system-clock';
import { createInProcessUsb } from '../../src/adapters/virtual/in-process';
import { createVirtualUsbPort, type VirtualUsbPort } from '../../src/adapters/virtual/usb';
import type { Device } from '../../src/domain/device';
import { startDevice, whyNoDevice } from '../device/device';
import { createTcpWire } from '../device/tcp-wire';
import { memoryKeys, openAll, valueOf } from '../unit/adapters/adb/rig';
import { connect } from '../unit/adapters/virtual/harness';

export const HOME = '/data/local/tmp';

/** A phone that the contract is held to. */
export interface Phone extends AsyncDisposable {
  readonly kind: PhoneKind;
  /** The cable: `unplug()` cuts it, `requestDevice()` plugs the same phone in again. */
  readonly usb: VirtualUsbPort;
}

export type PhoneKind = 'virtual phone' | 'real adbd';

const noDevice = await whyNoDevice();

/** The simulation, and what it is held to: Debian's adbd 34 with mksh and toybox (test/device). */
const PHONES: readonly {
  readonly kind: PhoneKind;
  /** Why this computer cannot have one. */
  readonly missing: string | undefined;
  readonly start: () => Promise<Phone>;
}[] = [
  { kind: 'virtual phone', missing: undefined, start: startVirtual },
  { kind: 'real adbd', missing: noDevice, start: startReal },
];

/** The same tests on each kind of phone. Those of one call share a phone, on which nothing else is done. */
export function onEachPhone(title: string, tests: (phone: () => Phone) => void): void {
  for (const { kind, missing, start } of PHONES)
    describe.skipIf(missing)(`${title}, ${kind}${missing ? ` (${missing})` : ''}`, () => {
      let phone: Phone | undefined;
      beforeAll(async () => {
        phone = await start();
      }, 300_000); // the first real one makes its root
      afterAll(() => phone?.[Symbol.asyncDispose]());
      tests(() => {
        if (!phone) throw new Error('there is a phone only while its tests run');
        return phone;
      });
    });
}

/** As `onEachPhone`, with the phone connected by the page's own adapter. */
export function onEachDevice(title: string, tests: (device: () => Device) => void): void {
  onEachPhone(title, (phone) => {
    let device: Device | undefined;
    beforeAll(async () => {
      device = await openDevice(phone());
    });
    afterAll(() => device?.[Symbol.asyncDispose]());
    tests(() => {
      if (!device) throw new Error('there is a device only while its tests run');
      return device;
    });
  });
}

async function startVirtual(): Promise<Phone> {
  const { usb } = createInProcessUsb();
  return { kind: 'virtual phone', usb, [Symbol.asyncDispose]: async () => usb.discard() };
}

async function startReal(): Promise<Phone> {
  const machine = await startDevice();
  const usb = createVirtualUsbPort(createTcpWire(machine.port), 'Test device', 'tcp');
  return {
    kind: 'real adbd',
    usb,
    async [Symbol.asyncDispose]() {
      usb.discard();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** The phone as the page has it, by the page's own adapter. */
export async function openDevice({ usb }: Phone): Promise<Device> {
  const options = { usb, transport: 'virtual', simulated: true } as const;
  const connector = createConnector({ ...options, clock: systemClock, keys: memoryKeys() });
  const [candidate] = await connector.known();
  if (!candidate) throw new Error('the phone is not plugged in');
  return valueOf((await openAll(connector, candidate)).opened);
}

/** The phone by the library alone: what the adapter does not show. */
export const openLibrary = ({ usb }: Phone): Promise<Adb> => connect(usb);
