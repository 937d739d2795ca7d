import type { Failure } from '../../domain/failure';
import { USB_PACKET_BYTES, type FromPhone, type ToPhone } from './wire';

/** The way to a phone and back: a worker's messages, a bridge's WebSocket, or plain calls. */
export interface Wire {
  /** Resolves when there is a phone at the other end; rejects with `Lost`. Absent: there always is. */
  ready?(): Promise<void>;
  post(message: ToPhone, transfer: Transferable[]): void;
  /** True: it is done with the bytes of an `out` when it says `sent`, so they need no copy. */
  readonly borrows?: boolean;
  /** Called once, before the first post. */
  listen(listener: (message: FromPhone) => void): void;
  /** Ends the phone; its files are gone. */
  discard(): void;
}

/** What the page sees as `navigator.usb`: one port with one virtual phone. */
export type VirtualUsbPort = USB & {
  /** Pulls the cable. `requestDevice()` plugs it in again. */
  unplug(): void;
  /** Ends the phone; its files are gone. */
  discard(): void;
};

/** How long the disconnect event lags behind failing transfers, as on a real machine. */
const DISCONNECT_EVENT_MS = 5;

/**
 * A USB port for `AdbDaemonWebUsbDeviceManager`. Its `requestDevice()` is the "chooser": it answers at once,
 * and plugs the phone in again after an unplug. Call it on this object, then use the manager's `getDevices()`:
 * the manager's own `requestDevice()` builds a `USBConnectionEvent`, which only takes real devices.
 */
export function createVirtualUsbPort(wire: Wire, name: string, serial: string): VirtualUsbPort {
  // the DOM types allow `addEventListener` to be narrowed on their own interfaces only
  return new Port(wire, name, serial) as EventTarget as VirtualUsbPort;
}

class Port extends EventTarget implements Omit<VirtualUsbPort, keyof EventTarget> {
  onconnect = null;
  ondisconnect = null;
  readonly #wire: Wire;
  readonly #name: string;
  readonly #serial: string;
  #device: Device | undefined;

  constructor(wire: Wire, name: string, serial: string) {
    super();
    this.#wire = wire;
    this.#name = name;
    this.#serial = serial;
    wire.listen((message) => this.#hear(message));
    this.#device = new Device(wire, name, serial);
  }

  async getDevices(): Promise<USBDevice[]> {
    return this.#device ? [this.#device] : [];
  }

  async requestDevice(): Promise<USBDevice> {
    await this.#wire.ready?.();
    if (this.#device) return this.#device;
    this.#device = new Device(this.#wire, this.#name, this.#serial);
    this.#tell('connect', this.#device);
    return this.#device;
  }

  unplug(): void {
    // the phone notices through the reset of its endpoints
    this.#wire.post({ op: 'reset' }, []);
    this.#gone();
  }

  discard(): void {
    this.#gone();
    this.#wire.discard();
  }

  #hear(message: FromPhone): void {
    if (message.op === 'crashed') console.error(`virtual phone crashed: ${message.reason}`);
    if (message.op === 'crashed') this.#gone();
    else if (message.op === 'unplugged') this.#gone(message.failure);
    else this.#device?.hear(message);
  }

  #gone(failure?: Failure): void {
    const device = this.#device;
    if (!device) return;
    this.#device = undefined;
    device.vanish(failure);
    setTimeout(() => this.#tell('disconnect', device), DISCONNECT_EVENT_MS);
  }

  #tell(type: 'connect' | 'disconnect', device: USBDevice): void {
    this.dispatchEvent(Object.assign(new Event(type), { device }));
  }
}

/** A wire's failure, thrown: adapters/adb reads it as one. */
export class Lost extends Error implements Failure {
  readonly code: Failure['code'];
  readonly detail: string;

  constructor({ code, detail = '' }: Failure) {
    super(`${code} ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

interface Pending {
  readonly resolve: (result: FromPhone) => void;
  readonly reject: (reason: Error) => void;
}

const trouble = (name: string, message: string) => new DOMException(message, name);
const DISCONNECTED = 'The device was disconnected.';
const endpoint = (direction: USBDirection): USBEndpoint => ({
  endpointNumber: 1,
  direction,
  type: 'bulk',
  packetSize: USB_PACKET_BYTES,
});

/** A `USBDevice` with one ADB interface. Errors carry the names that WebUSB gives them. */
class Device implements USBDevice {
  readonly usbVersionMajor = 2;
  readonly usbVersionMinor = 0;
  readonly usbVersionSubminor = 0;
  readonly deviceClass = 0;
  readonly deviceSubclass = 0;
  readonly deviceProtocol = 0;
  /** Google's vendor id and the product id of "ADB only": what a phone with plain USB debugging shows. */
  readonly vendorId = 0x18d1;
  readonly productId = 0x4ee7;
  readonly deviceVersionMajor = 1;
  readonly deviceVersionMinor = 0;
  readonly deviceVersionSubminor = 0;
  readonly manufacturerName = 'Plugsight';
  readonly productName: string;
  readonly serialNumber: string;
  readonly configuration: USBConfiguration;
  readonly configurations: USBConfiguration[];
  opened = false;
  readonly #wire: Wire;
  readonly #interface: { -readonly [K in keyof USBInterface]: USBInterface[K] };
  readonly #pending = new Map<number, Pending>();
  /** Why it is gone: a failure of the wire's, or simply that it is. */
  #gone: Failure | true | undefined;
  #lastId = 0;

  constructor(wire: Wire, productName: string, serialNumber: string) {
    this.#wire = wire;
    this.productName = productName;
    this.serialNumber = serialNumber;
    const alternate: USBAlternateInterface = {
      alternateSetting: 0,
      interfaceClass: 0xff,
      interfaceSubclass: 0x42,
      interfaceProtocol: 1,
      interfaceName: 'ADB Interface',
      endpoints: [endpoint('in'), endpoint('out')],
    };
    this.#interface = { interfaceNumber: 0, alternate, alternates: [alternate], claimed: false };
    this.configuration = {
      configurationValue: 1,
      configurationName: '',
      interfaces: [this.#interface],
    };
    this.configurations = [this.configuration];
  }

  async open(): Promise<void> {
    if (this.#gone) throw this.#lost('NotFoundError');
    if (this.opened) return;
    this.opened = true;
    this.#wire.post({ op: 'open' }, []);
  }

  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = false;
    this.#interface.claimed = false;
    if (!this.#gone) this.#wire.post({ op: 'close' }, []);
    this.#rejectAll(trouble('AbortError', 'The transfer was cancelled.'));
  }

  async forget(): Promise<void> {
    await this.close();
  }

  async reset(): Promise<void> {
    this.#mustBeOpen();
    this.#rejectAll(trouble('AbortError', 'The transfer was cancelled.'));
    this.#wire.post({ op: 'reset' }, []);
  }

  async selectConfiguration(value: number): Promise<void> {
    this.#mustBeOpen();
    if (value !== 1) throw trouble('NotFoundError', 'The configuration does not exist.');
  }

  async claimInterface(number: number): Promise<void> {
    this.#mustBeOpen();
    this.#mustBeOurs(number);
    this.#interface.claimed = true;
  }

  async releaseInterface(number: number): Promise<void> {
    this.#mustBeOpen();
    this.#mustBeOurs(number);
    this.#interface.claimed = false;
  }

  async selectAlternateInterface(number: number, setting: number): Promise<void> {
    this.#mustBeOpen();
    this.#mustBeOurs(number);
    if (setting !== 0) throw trouble('NotFoundError', 'The alternate setting does not exist.');
  }

  async clearHalt(): Promise<void> {
    this.#mustBeOpen();
  }

  async transferIn(_endpoint: number, length: number): Promise<USBInTransferResult> {
    this.#mustBeClaimed();
    const message = await this.#ask((id) => this.#wire.post({ op: 'in', id, length }, []));
    if (message.op !== 'received') throw new Error('a transfer was answered as another');
    const data = new DataView(message.bytes.buffer);
    return { data, status: message.babble ? 'babble' : 'ok' };
  }

  async transferOut(_endpoint: number, data: BufferSource): Promise<USBOutTransferResult> {
    this.#mustBeClaimed();
    // copied at once: they are handed over, and the caller may reuse its buffer
    const bytes = this.#wire.borrows ? viewOf(data) : copyOf(data);
    const bytesWritten = bytes.length;
    await this.#ask((id) => this.#wire.post({ op: 'out', id, bytes }, [bytes.buffer]));
    return { bytesWritten, status: 'ok' };
  }

  async controlTransferIn(): Promise<USBInTransferResult> {
    throw trouble('NotSupportedError', 'The virtual phone has no control transfers.');
  }

  async controlTransferOut(): Promise<USBOutTransferResult> {
    throw trouble('NotSupportedError', 'The virtual phone has no control transfers.');
  }

  async isochronousTransferIn(): Promise<USBIsochronousInTransferResult> {
    throw trouble('NotSupportedError', 'The virtual phone has no isochronous transfers.');
  }

  async isochronousTransferOut(): Promise<USBIsochronousOutTransferResult> {
    throw trouble('NotSupportedError', 'The virtual phone has no isochronous transfers.');
  }

  /** The phone finished a transfer. */
  hear(message: FromPhone): void {
    if (!('id' in message)) return;
    this.#pending.get(message.id)?.resolve(message);
    this.#pending.delete(message.id);
  }

  /** The cable is gone. */
  vanish(failure?: Failure): void {
    this.#gone = failure ?? true;
    this.opened = false;
    this.#interface.claimed = false;
    this.#rejectAll(this.#lost('NetworkError'));
  }

  /** What WebUSB throws; or the wire's own failure. */
  #lost(name: string): Error {
    return typeof this.#gone === 'object' ? new Lost(this.#gone) : trouble(name, DISCONNECTED);
  }

  #ask(post: (id: number) => void): Promise<FromPhone> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      post(id);
    });
  }

  #rejectAll(reason: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }

  #mustBeOpen(): void {
    if (this.#gone) throw this.#lost('NotFoundError');
    if (!this.opened) throw trouble('InvalidStateError', 'The device must be opened first.');
  }

  #mustBeClaimed(): void {
    if (this.#gone) throw this.#lost('NetworkError');
    this.#mustBeOpen();
    if (!this.#interface.claimed)
      throw trouble('InvalidStateError', 'The specified interface has not been claimed.');
  }

  #mustBeOurs(number: number): void {
    if (number !== 0) throw trouble('NotFoundError', 'The interface does not exist.');
  }
}

const copyOf = (data: BufferSource): Uint8Array<ArrayBuffer> => viewOf(data).slice();

function viewOf(data: BufferSource): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
