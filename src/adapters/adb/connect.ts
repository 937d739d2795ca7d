import { Adb, AdbDaemonTransport, type AdbCredentialStore } from '@yume-chan/adb';
import type { ConnectEvent } from '../../domain/device';
import { fail, ok, type Result } from '../../domain/result';
import { authenticators } from './keys';
import type { Port } from './port';
import { quietly } from './noise';
import { atMost, ignore, wait } from './wait';

/** A phone answers CNXN at once; it may first flush what an earlier page had asked for (3 s for 32 MB, adb.md). */
const ANSWER_MS = 10_000;
/** How long the owner may take. A tap on an older dialog does nothing, so: rarely and long. */
const ALLOW_MS = 120_000;
const RESET_MS = 3000;

type Events = AsyncGenerator<ConnectEvent, Result<Adb>, void>;

/**
 * Makes an ADB connection over an opened port. Failures: usb-busy, usb-denied, unplugged, unauthorised,
 * stalled, adb-protocol, cancelled. The port stays open whatever happens.
 */
export async function* connect(port: Port, keys: AdbCredentialStore, signal: AbortSignal): Events {
  const first = yield* attempt(port, keys, signal);
  if (first.ok || first.failure.code !== 'stalled') return first;
  // A page closed inside a packet: adbd takes our CNXN for the rest of it (adb.md section 4).
  await restart(port);
  const second = yield* attempt(port, keys, signal);
  return second.ok || second.failure.code !== 'stalled'
    ? second
    : fail('stalled', 'no answer to CNXN, not even after a USB reset');
}

/** `initialDelayedAckBytes: 0` is plain mode: adb.md section 2.5 has the figures. */
async function* attempt(port: Port, keys: AdbCredentialStore, signal: AbortSignal): Events {
  const limits = { clock: port.clock, gone: port.unplugged, signal };
  const claim = wait(port.device.connect(), 'claim', { ...limits, limitMs: ANSWER_MS });
  const connection = await claim;
  if (!connection.ok) return connection;
  let tellAsked: (fingerprint: string) => void = () => undefined;
  const asked = new Promise<string>((resolve) => (tellAsked = resolve));
  const transport = AdbDaemonTransport.authenticate({
    serial: port.device.serial,
    connection: quietly(connection.value),
    credentialStore: keys,
    authenticators: authenticators(tellAsked),
    initialDelayedAckBytes: 0,
  });
  ignore(transport);
  const answer = await wait(Promise.race([transport, asked]), 'auth', {
    ...limits,
    limitMs: ANSWER_MS,
  });
  if (!answer.ok) return answer;
  if (typeof answer.value !== 'string') return ok(new Adb(answer.value));
  const deadlineMs = port.clock.now() + ALLOW_MS;
  const allowing = wait(transport, 'auth', { ...limits, limitMs: ALLOW_MS });
  yield { kind: 'authorise', deadlineMs, fingerprint: answer.value };
  const allowed = await allowing;
  if (allowed.ok) return ok(new Adb(allowed.value));
  // A phone whose owner says no sends nothing at all.
  return allowed.failure.code === 'stalled'
    ? fail('unauthorised', `no yes in ${ALLOW_MS / 1000} s`)
    : allowed;
}

/** `reset()` is not supported everywhere (Windows) and may never return: tried, not relied on. */
async function restart({ device: { raw }, clock }: Port): Promise<void> {
  const reset = async () => raw.reset();
  const reopen = async () => {
    await raw.close();
    await raw.open();
  };
  await atMost(clock, RESET_MS, reset());
  await atMost(clock, RESET_MS, reopen());
}
