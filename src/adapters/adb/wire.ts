import { AdbDaemonWebUsbDevice } from '@yume-chan/adb-daemon-webusb';
import type { Failure } from '../../domain/failure';
import { toFailure } from './failures';
import type { Port } from './port';
import { aborted } from './wait';

/**
 * What the library gets instead of the USB device itself. It makes every end look like an orderly one:
 * - A lost transfer ends the wire once, with one reason. To the library a lost `transferOut` was sent, a
 *   lost `transferIn` is still to come, and a `disconnect` event follows. So nothing rejects that nobody
 *   holds, and it is not chance which of two transfers decides how the connection ends (F5).
 * - No NetworkError reaches the library's `#transferIn`, whose handler reads `window.closed` (F6).
 */
export interface Wire {
  readonly device: AdbDaemonWebUsbDevice;
  /** Aborted when the cable is gone, with a `Failure` as its reason. */
  readonly lost: AbortSignal;
  /** Ends the wire from our side; what the library still waits for ends in order. */
  end(): void;
}

/** A wire over an opened port. One for each attempt to connect: after a USB reset the old one is dead. */
export function createWire(port: Port): Wire {
  const loss = new AbortController();
  const events = new EventTarget();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    events.dispatchEvent(Object.assign(new Event('disconnect'), { device: guarded }));
  };
  const lose = (failure: Failure) => {
    if (ended) return;
    // Told before the library hears of it: its echoes must not come first.
    loss.abort(failure);
    end();
  };
  const { raw } = port;
  const guarded = replaceMethods(raw, {
    async transferIn(endpoint: number, length: number) {
      try {
        return await raw.transferIn(endpoint, length);
      } catch (error) {
        lose(toFailure(error, 'transfer'));
        return new Promise<never>(() => undefined);
      }
    },
    async transferOut(endpoint: number, data: BufferSource) {
      try {
        return await raw.transferOut(endpoint, data);
      } catch (error) {
        lose(toFailure(error, 'transfer'));
        return { status: 'ok', bytesWritten: data.byteLength } satisfies USBOutTransferResult;
      }
    },
    async close() {
      ended = true;
      await raw.close();
    },
  });
  void aborted(port.unplugged).then(() => lose(port.unplugged.reason as Failure));
  // The library's type asks for all of `USB`; it listens for `disconnect` only.
  const device = new AdbDaemonWebUsbDevice(guarded, port.adbInterface, events as USB);
  return { device, lost: loss.signal, end };
}

/** The same object with some methods replaced. Native methods insist on their own object as `this`. */
function replaceMethods<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(key in methods ? methods : target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
