import { AdbDefaultInterfaceFilter, matchFilters } from '@yume-chan/adb-daemon-webusb';
import type { Candidate } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import { toFailure } from './failures';
import type { AdbUsbDevice } from './port';

const FILTERS = [AdbDefaultInterfaceFilter];

/** The USB devices that were seen, under ids of our own: a serial number never leaves this folder as an id. */
export interface Candidates {
  /** Undefined: a device without ADB interface. The same device always gets the same id. */
  add(raw: USBDevice): Candidate | undefined;
  get(id: string): AdbUsbDevice | undefined;
}

export function createCandidates(usb: USB | undefined): Candidates {
  const ids = new WeakMap<USBDevice, string>();
  const devices = new Map<string, AdbUsbDevice>();
  let count = 0;
  usb?.addEventListener('disconnect', ({ device }) => {
    devices.delete(ids.get(device) ?? '');
  });
  return {
    add(raw) {
      const adbInterface = matchFilters(raw, FILTERS);
      if (!adbInterface) return undefined;
      const id = ids.get(raw) ?? `device-${++count}`;
      ids.set(raw, id);
      devices.set(id, { raw, adbInterface });
      return { id, name: raw.productName ?? 'Android device' };
    },
    get: (id) => devices.get(id),
  };
}

/**
 * Shows the chooser. The library's own `requestDevice` needs a global USBConnectionEvent and announces
 * the device to an observer that we do not use. Failures: nothing-chosen, usb-blocked.
 */
export async function choose(usb: USB, candidates: Candidates): Promise<Result<Candidate>> {
  try {
    const candidate = candidates.add(await usb.requestDevice({ filters: FILTERS }));
    return candidate ? ok(candidate) : fail('nothing-chosen', 'a device without ADB');
  } catch (error) {
    return { ok: false, failure: toFailure(error, 'choose') };
  }
}
