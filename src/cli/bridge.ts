import { once } from 'node:events';
import { listPhones, openThroughServer } from './bridge/adb-server';
import { parseOptions, USAGE, UsageError, type Options } from './bridge/options';
import { EXPIRE_MS, startBridge } from './bridge/serve';
import type { OpenPhone } from './bridge/session';
import { canReach, openTcp, type Endpoint } from './bridge/tcp';

/** How to reach the phone, and what to call it. */
interface Way {
  readonly name: string;
  readonly openPhone: OpenPhone;
}

const codeOf = (reason: unknown): string => (reason as { code?: string } | null)?.code ?? '';
const wordsOf = (reason: unknown): string =>
  reason instanceof Error ? reason.message || codeOf(reason) : String(reason);

/** Looks whether there is a phone, so that a wrong address is told here and not in the page. */
async function findPhone({ phone }: Options): Promise<Way> {
  if (phone.via === 'adb') return findHeld(phone.server, phone.serial);
  const { device } = phone;
  const name = `${device.host}:${device.port}`;
  await canReach(device).catch((reason: unknown) => {
    throw new Error(
      `No phone answers at ${name}: ${wordsOf(reason)}\n` +
        'Is it awake and in this network? After a restart a phone needs "adb tcpip 5555" once more.',
    );
  });
  return { name, openPhone: () => openTcp(device) };
}

async function findHeld(server: Endpoint, wanted: string | undefined): Promise<Way> {
  const at = `${server.host}:${server.port}`;
  const phones = await listPhones(server).catch((reason: unknown) => {
    throw new Error(
      `No adb server answers at ${at}: ${wordsOf(reason)}\nStart it: adb start-server`,
    );
  });
  const list = phones.map(({ serial, state }) => `  ${serial}  ${state}`).join('\n');
  const found = wanted === undefined ? phones : phones.filter(({ serial }) => serial === wanted);
  const [phone] = found;
  if (!phone)
    throw new Error(
      wanted === undefined || !list
        ? `The adb server at ${at} holds no phone. Look with: adb devices`
        : `The adb server at ${at} holds no phone "${wanted}", but:\n${list}`,
    );
  if (found.length > 1) throw new Error(`Which phone? Choose one with --serial:\n${list}`);
  if (phone.state !== 'device')
    throw new Error(`The phone ${phone.serial} is "${phone.state}": unlock it and tap Allow.`);
  const { serial } = phone;
  return {
    name: `${serial}, held by the adb server`,
    openPhone: () => openThroughServer(server, serial),
  };
}

/** `npm run bridge`: until Ctrl+C, or until nobody came. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return console.log(USAGE);
  const { name, openPhone } = await findPhone(options);
  const { origins, port } = options;
  const say = (...lines: readonly string[]) => console.log(lines.join('\n'));
  say('', `  Bridge to ${name}`, `  for pages of ${origins.join(' and ')}`);
  await using bridge = await startBridge({
    ...{ openPhone, origins, port },
    onAddress: (address) =>
      say(
        ...[
          '',
          '  In the page press "Phone over Wi-Fi or through adb…" and paste this address:',
          '',
        ],
        ...[`    ${address}`, ''],
        `  It works once, within ${EXPIRE_MS / 60_000} minutes. Whoever has it has a shell on the phone. Stop: Ctrl+C.`,
      ),
    onPage: (event) => say(event === 'came' ? '  A page came in.' : '  The page left.'),
  }).catch((reason: unknown) => {
    throw codeOf(reason) === 'EADDRINUSE'
      ? new Error(`Port ${port} of this computer is taken: choose another with --port, or none.`)
      : reason;
  });
  const stopped = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal));
  const end = await Promise.race([...stopped, bridge.expired.then(() => 'expired')]);
  if (end === 'expired')
    say('  Nobody came: the bridge has ended. Start it again when you need it.');
}

main().catch((reason: unknown) => {
  console.error(wordsOf(reason));
  if (reason instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = reason instanceof UsageError ? 2 : 1;
});
