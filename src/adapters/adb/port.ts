import { getSerialNumber, type AdbDaemonWebUsbDevice } from '@yume-chan/adb-daemon-webusb';
import type { Clock } from '../../domain/clock';
import type { Failure } from '../../domain/failure';
import { fail, ok, type Result } from '../../domain/result';
import { holdLock } from './lock';
import { atMost, ignore, wait } from './wait';

/** Opening asks the operating system, not the phone. */
const OPEN_MS = 10_000;
const CLOSE_MS = 1000;

/** Where a device keeps its ADB interface. */
export type AdbInterface = ConstructorParameters<typeof AdbDaemonWebUsbDevice>[1];

/** A USB device with an ADB interface. */
export interface AdbUsbDevice {
  readonly raw: USBDevice;
  readonly adbInterface: AdbInterface;
}

/** An opened USB device, before and under the ADB connection. */
export interface Port extends AdbUsbDevice {
  readonly serial: string;
  readonly clock: Clock;
  /** Aborted at the `disconnect` event of this device, with a `Failure` as its reason. */
  readonly unplugged: AbortSignal;
  /** Closes the USB device; takes away the listener and the lock. Never throws; safe to repeat. */
  close(): Promise<void>;
}

export interface PortOptions {
  readonly usb: USB;
  readonly clock: Clock;
  /** Tells this page's tabs from each other. Absent: no such check. */
  readonly locks: LockManager | undefined;
}

/**
 * Opens a USB device for us alone. Failures: usb-busy when another tab of this page has it, usb-denied,
 * unplugged, stalled, cancelled.
 */
export async function openPort(
  device: AdbUsbDevice,
  { usb, clock, locks }: PortOptions,
  signal: AbortSignal,
): Promise<Result<Port>> {
  const { raw } = device;
  const serial = getSerialNumber(raw);
  const release = await holdLock(locks, `plugsight-usb-${serial}`);
  if (!release) return fail('usb-busy', 'this page in another tab');
  const unplug = watchUnplug(usb, raw);
  const closeRaw = async () => raw.close();
  const close = async () => {
    unplug.stop();
    await atMost(clock, CLOSE_MS, closeRaw());
    release();
  };
  const limits = { clock, gone: unplug.signal, signal, limitMs: OPEN_MS };
  const opened = await wait(openRaw(raw), 'open', limits, () => ignore(closeRaw()));
  if (opened.ok) return ok({ ...device, serial, clock, unplugged: unplug.signal, close });
  await close();
  return opened;
}

/** Opened apart from claiming, so that "no rights" and "in use" can be told from each other. */
async function openRaw(raw: USBDevice): Promise<void> {
  if (!raw.opened) await raw.open();
}

function watchUnplug(usb: USB, raw: USBDevice): { signal: AbortSignal; stop: () => void } {
  const gone = new AbortController();
  const onDisconnect = (event: USBConnectionEvent) => {
    if (event.device === raw)
      gone.abort({ code: 'unplugged', detail: 'USB disconnect event' } satisfies Failure);
  };
  usb.addEventListener('disconnect', onDisconnect);
  return { signal: gone.signal, stop: () => usb.removeEventListener('disconnect', onDisconnect) };
}
