import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInProcessUsb } from '../../src/adapters/virtual/in-process';
import type { VirtualPhone } from '../../src/adapters/virtual/phone';
import type { VirtualUsbPort } from '../../src/adapters/virtual/usb';

const HEADER_BYTES = 24;
const ENDPOINT = 1;

/** The virtual phone on a TCP port of this computer, for adb clients: ADB's packets are the same on USB and TCP. */
export interface PhoneServer extends AsyncDisposable {
  readonly port: number;
  readonly phone: VirtualPhone;
}

/** Serves a fresh phone on loopback. As on USB there is one connection at a time; a new one ends the old. */
export async function servePhone(): Promise<PhoneServer> {
  const { usb, phone } = createInProcessUsb();
  let current: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    current?.destroy();
    current = socket;
    socket.on('error', () => undefined); // `close` follows
    serve(usb, socket).catch(() => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    phone,
    async [Symbol.asyncDispose]() {
      current?.destroy();
      server.close();
      await once(server, 'close');
      usb.discard();
    },
  };
}

async function serve(usb: VirtualUsbPort, socket: Socket): Promise<void> {
  const device = (await usb.getDevices())[0] ?? (await usb.requestDevice());
  await device.close(); // what the last connection left
  await device.open();
  await device.claimInterface(0);
  await Promise.race([fromPhone(device, socket), toPhone(device, socket)]);
}

async function fromPhone(device: USBDevice, socket: Socket): Promise<void> {
  for (;;) {
    const header = await take(device, HEADER_BYTES);
    const length = header.readUInt32LE(12);
    const packet = length ? Buffer.concat([header, await take(device, length)]) : header;
    if (!socket.write(packet)) await once(socket, 'drain');
  }
}

async function take(device: USBDevice, length: number): Promise<Buffer> {
  const { data } = await device.transferIn(ENDPOINT, length);
  if (data?.byteLength !== length) throw new Error('a transfer of another length');
  return Buffer.from(data.buffer, data.byteOffset, length);
}

/** Cuts what comes into transfers: a header, then its payload. */
async function toPhone(device: USBDevice, socket: Socket): Promise<void> {
  let bytes = Buffer.alloc(0);
  let wanted = HEADER_BYTES;
  let inHeader = true;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= wanted) {
      const transfer: Buffer = bytes.subarray(0, wanted);
      bytes = bytes.subarray(wanted);
      await device.transferOut(ENDPOINT, new Uint8Array(transfer));
      const payload: number = inHeader ? transfer.readUInt32LE(12) : 0;
      inHeader = payload === 0;
      wanted = payload || HEADER_BYTES;
    }
  }
}
