import type { AdbCredentialStore, AdbPrivateKey } from '@yume-chan/adb';
import { generateKeyPairSync } from 'node:crypto';
import { createConnector, type ConnectorOptions } from '../../../../src/adapters/adb/connector';
import {
  createInProcessUsb,
  type InProcessOptions,
} from '../../../../src/adapters/virtual/in-process';
import type { Clock } from '../../../../src/domain/clock';
import type { Candidate, ConnectEvent, Connector } from '../../../../src/domain/device';
import type { Result } from '../../../../src/domain/result';
import { FakeClock, settle } from '../../../fakes/clock';
import { Tap } from './tap';

/** A signal that nobody aborts. */
export const NEVER = new AbortController().signal;

const der = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'der',
});

/** Keys in memory. Making one takes half a second, so all tests share one. */
export function memoryKeys(): AdbCredentialStore {
  const keys: AdbPrivateKey[] = [];
  return {
    iterateKeys: () => keys,
    generateKey() {
      const key = { buffer: new Uint8Array(der), name: 'test@here' };
      keys.push(key);
      return key;
    },
  };
}

/** For the phone: its owner answers at once; a program that sleeps for minutes sleeps until it is ended. */
const hurried: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (ms < 60_000) setImmediate(resolve);
      else signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

export interface RigOptions extends InProcessOptions {
  readonly connector?: Partial<ConnectorOptions>;
}

/** The adapter, driving the real library against the virtual phone over a cable that can be tapped. */
export async function rig({ connector: more, ...phoneOptions }: RigOptions = {}) {
  const { usb, phone } = createInProcessUsb({ clock: hurried, ...phoneOptions });
  const [raw] = await usb.getDevices();
  if (!raw) throw new Error('the phone is not plugged in');
  const clock = new FakeClock();
  const connector = createConnector({
    usb,
    transport: 'virtual',
    simulated: true,
    clock,
    keys: memoryKeys(),
    ...more,
  });
  return { usb, phone, raw, clock, connector, tap: new Tap(raw) };
}

/** Opens a phone to the end; returns what it said on the way. */
export async function openAll(connector: Connector, candidate: Candidate, signal = NEVER) {
  const events: ConnectEvent[] = [];
  const opening = connector.open(candidate, signal);
  for (;;) {
    const { done, value } = await opening.next();
    if (done) return { events, opened: value };
    events.push(value);
  }
}

/** A rig whose phone is connected. */
export async function connected(options?: RigOptions) {
  const parts = await rig(options);
  const [candidate] = await parts.connector.known();
  if (!candidate) throw new Error('no phone is known');
  const { opened } = await openAll(parts.connector, candidate);
  return { ...parts, candidate, device: valueOf(opened) };
}

/** The value of a good result; a failed one fails the test. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.detail}`);
  return result.value;
}

/** Runs a push, or a feed, to its end. */
export async function pushAll<T>(pushing: AsyncGenerator<number, T, void>) {
  const totals: number[] = [];
  for (;;) {
    const { done, value } = await pushing.next();
    if (done) return { totals, result: value };
    totals.push(value);
  }
}

export { settle };
