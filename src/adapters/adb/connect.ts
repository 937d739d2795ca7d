import { Adb, AdbDaemonTransport, type AdbCredentialStore } from '@yume-chan/adb';
import type { ConnectEvent } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import { authenticators } from './keys';
import type { Port } from './port';
import { quietly } from './quiet';
import { atMost, ignore, wait } from './wait';
import { createWire, type Wire } from './wire';

/** A phone answers CNXN at once; it may first flush what an earlier page had asked for (3 s for 32 MB, adb.md). */
const ANSWER_MS = 10_000;
/** How long the owner may take. A tap on an older dialog does nothing, so: rarely and long. */
const ALLOW_MS = 120_000;
const RESET_MS = 3000;

/** An ADB connection and what it runs over. */
export interface Connection {
  readonly adb: Adb;
  readonly wire: Wire;
}

/**
 * Makes an ADB connection over an opened port. Failures: usb-busy, usb-denied, unplugged, unauthorised,
 * stalled, adb-protocol, cancelled. The port stays open whatever happens.
 */
export async function* connect(
  port: Port,
  keys: AdbCredentialStore,
  signal: AbortSignal,
): AsyncGenerator<ConnectEvent, Result<Connection>, void> {
  const first = yield* attempt(port, keys, signal);
  if (first.ok || first.failure.code !== 'stalled') return first;
  // A page closed inside a packet: adbd takes our CNXN for the rest of it (adb.md section 4).
  await restart(port);
  const second = yield* attempt(port, keys, signal);
  return second.ok || second.failure.code !== 'stalled'
    ? second
    : fail('stalled', 'no answer to CNXN, not even after a USB reset');
}

async function* attempt(
  port: Port,
  keys: AdbCredentialStore,
  signal: AbortSignal,
): AsyncGenerator<ConnectEvent, Result<Connection>, void> {
  const wire = createWire(port);
  let adb: Result<Adb> | undefined;
  try {
    adb = yield* authenticate(wire, port, keys, signal);
  } finally {
    // The library takes no signal: its waiting ends with the wire.
    if (!adb?.ok) wire.end();
  }
  return adb.ok ? ok({ adb: adb.value, wire }) : adb;
}

/** `initialDelayedAckBytes: 0` is plain mode: adb.md section 2.5 has the figures. */
async function* authenticate(
  { device, lost }: Wire,
  { clock }: Port,
  keys: AdbCredentialStore,
  signal: AbortSignal,
): AsyncGenerator<ConnectEvent, Result<Adb>, void> {
  const limits = { clock, gone: lost, signal };
  const claimed = await wait(device.connect(), 'claim', { ...limits, limitMs: ANSWER_MS });
  if (!claimed.ok) return claimed;
  let tellAsked: (fingerprint: string) => void = () => undefined;
  const asked = new Promise<string>((resolve) => (tellAsked = resolve));
  const transport = AdbDaemonTransport.authenticate({
    serial: device.serial,
    connection: claimed.value,
    credentialStore: keys,
    authenticators: authenticators(tellAsked),
    initialDelayedAckBytes: 0,
  });
  ignore(transport);
  const first = Promise.race([transport, asked]);
  const answer = await wait(first, 'auth', { ...limits, limitMs: ANSWER_MS });
  if (!answer.ok) return answer;
  if (typeof answer.value !== 'string') return ok(new Adb(quietly(answer.value)));
  const deadlineMs = clock.now() + ALLOW_MS;
  const allowing = wait(transport, 'auth', { ...limits, limitMs: ALLOW_MS });
  yield { kind: 'authorise', deadlineMs, fingerprint: answer.value };
  const allowed = await allowing;
  if (allowed.ok) return ok(new Adb(quietly(allowed.value)));
  // A phone whose owner says no sends nothing at all.
  return allowed.failure.code === 'stalled'
    ? fail('unauthorised', `no yes in ${ALLOW_MS / 1000} s`)
    : allowed;
}

/** `reset()` is not supported everywhere (Windows) and may never return: tried, not relied on. */
async function restart({ raw, clock }: Port): Promise<void> {
  const reset = async () => raw.reset();
  const reopen = async () => {
    await raw.close();
    await raw.open();
  };
  await atMost(clock, RESET_MS, reset());
  await atMost(clock, RESET_MS, reopen());
}
