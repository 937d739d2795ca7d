import { createVirtualUsbPort, type VirtualUsbPort } from '../virtual/usb';
import { BridgeWire } from './wire';

/**
 * What stands for `navigator.usb` when the phone is behind a bridge: a port whose one device is that phone.
 * `requestDevice()` connects to the bridge, nothing before it does; `discard()` lets go of it.
 */
export const createBridgeUsb = (address: string): VirtualUsbPort =>
  createVirtualUsbPort(
    new BridgeWire(address, (url, protocol) => new WebSocket(url, protocol)),
    'phone behind the bridge',
    'bridge',
  );
