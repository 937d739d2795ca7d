import { Adb, AdbDaemonTransport } from '@yume-chan/adb';
import { AdbDaemonWebUsbDeviceManager } from '@yume-chan/adb-daemon-webusb';
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'vitest';
import type { Clock } from '../../../../src/domain/clock';
import {
  createInProcessUsb,
  type InProcessOptions,
} from '../../../../src/adapters/virtual/in-process';

/** Time that passes only by being slept through, at once. `slept` is the total in ms. */
export class InstantClock implements Clock {
  slept = 0;
  now = () => this.slept;
  async sleep(ms: number): Promise<void> {
    this.slept += ms;
  }
}

/** A new RSA key as a credential store keeps it. */
export function newKey(): Uint8Array {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
}
const KEY = newKey();

/** Connects with the library's own classes; `keys` are tried as signatures, the first is offered to the owner. */
export async function connect(usb: USB, keys: readonly Uint8Array[] = [KEY]): Promise<Adb> {
  const [device] = await new AdbDaemonWebUsbDeviceManager(usb).getDevices();
  if (!device) throw new Error('no phone is plugged in');
  const connection = await device.connect();
  const credentialStore = {
    generateKey: () => ({ buffer: keys[0] ?? KEY, name: 'test' }),
    *iterateKeys() {
      for (const buffer of keys) yield { buffer, name: 'test' };
    },
  };
  const { serial } = device;
  // plain mode: the phone does not offer delayed_ack
  const options = { serial, connection, credentialStore, initialDelayedAckBytes: 0 };
  return new Adb(await AdbDaemonTransport.authenticate(options));
}

/** A connected phone. */
export async function connected(options: InProcessOptions = {}) {
  const clock = new InstantClock();
  const { usb, phone } = createInProcessUsb({ clock, ...options });
  const adb = await connect(usb);
  return { adb, usb, phone, clock, sh: shellOf(adb) };
}

/** Runs scripts with shell v2: stdout, stderr, exit code. */
export const shellOf = (adb: Adb) => async (script: string) => {
  const protocol = adb.subprocess.shellProtocol;
  if (!protocol) throw new Error('the phone has no shell v2');
  const { stdout, stderr, exitCode } = await protocol.spawnWaitText([script]);
  return { stdout, stderr, exitCode };
};

/** Starts a program and leaves it running; `next()` gives its stdout piece by piece. */
export async function start(adb: Adb, script: string) {
  const process = await adb.subprocess.shellProtocol?.spawn([script]);
  if (!process) throw new Error('the phone has no shell v2');
  process.exited.catch(() => undefined);
  const reader = process.stdout.getReader();
  const stderr = new Response(process.stderr as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  const writer = process.stdin.getWriter();
  return {
    process,
    stderr,
    next: async () => new TextDecoder().decode((await reader.read()).value),
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    closeStdin: () => writer.close(),
  };
}

/** Writes a file through `sync:`. */
export async function push(adb: Adb, path: string, content: Uint8Array, permission = 0o644) {
  const sync = await adb.sync();
  try {
    const file = new Blob([content as Uint8Array<ArrayBuffer>]).stream();
    await sync.write({ filename: path, file: file as never, permission, mtime: 1_700_000_000 });
  } finally {
    await sync.dispose();
  }
}

/** Reads a file through `sync:`. */
export async function pull(adb: Adb, path: string): Promise<Uint8Array> {
  const sync = await adb.sync();
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of sync.read(path)) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    await sync.dispose();
  }
}

/** What follows an unplug inside the library (adb.md, F5): rejections that nobody can catch. */
export async function withoutNoise(run: () => Promise<void>) {
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const noise: unknown[] = [];
  process.on('unhandledRejection', (reason) => noise.push(reason));
  try {
    await run();
    await new Promise((resolve) => setTimeout(resolve, 150));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
  }
  for (const reason of noise) expect(String(reason)).toMatch(/disconnected|cancelled|closed/i);
}
