import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/domain/clock';
import { createInProcessUsb } from '../../src/adapters/virtual/in-process';
import { id, pack } from '../../src/adapters/virtual/bytes';
import {
  AUTH,
  CLSE,
  CNXN,
  OKAY,
  OPEN,
  WRTE,
  concat,
  toTransfers,
  type Packet,
} from '../../src/adapters/virtual/packet';
import { connect, InstantClock, shellOf } from '../unit/adapters/virtual/harness';

/** What a hostile client of the virtual phone may do: no throw, no hang, bounded memory, and the next client is served. */

/** Conversations of each kind; FUZZ_RUNS asks for more. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 50);
const ENDPOINT = 1;
const RSA_PUBLIC_KEY = 3;
const text = new TextEncoder();
const packet = (
  command: number,
  arg0 = 0,
  arg1 = 0,
  payload: Uint8Array = new Uint8Array(),
): Packet => ({
  ...{ command, arg0, arg1, payload },
});

/** A key that nobody has, as a client offers it: the simulated owner allows any. */
const KEY = text.encode(
  `${Buffer.concat([Buffer.from(pack(64, 1)), Buffer.alloc(256, 0xab), Buffer.alloc(256), Buffer.from(pack(65537))]).toString('base64')} nobody\0`,
);
const HELLO = [packet(CNXN, 0x01000001, 1 << 20), packet(AUTH, RSA_PUBLIC_KEY, 0, KEY)];

/** A phone, and its end of the cable as raw transfers. What the phone says is counted by command. */
async function victim(clock: Clock = new InstantClock()) {
  const { usb, phone } = createInProcessUsb({ clock });
  const [device] = await usb.getDevices();
  if (!device) throw new Error('no phone');
  await device.open();
  await device.claimInterface(0);
  const heard: number[] = [];
  const listen = async () => {
    for (;;) {
      const { data } = await device.transferIn(ENDPOINT, 2 << 20);
      if (data?.byteLength === 24) heard.push(data.getUint32(0, true));
    }
  };
  let listening: Promise<void> | undefined;
  /** Sends transfers until the cable is gone. */
  const send = async (transfers: readonly Uint8Array[]) => {
    for (const transfer of transfers)
      if (!(await device.transferOut(ENDPOINT, new Uint8Array(transfer)).catch(() => undefined)))
        return;
  };
  const sendPackets = (packets: readonly Packet[]) => {
    listening ??= listen().catch(() => undefined);
    return send(packets.flatMap(toTransfers));
  };
  /** The same phone serves somebody else. */
  const expectAlive = async () => {
    await device.close().catch(() => undefined);
    await listening;
    await usb.requestDevice();
    const adb = await connect(usb);
    expect(await shellOf(adb)('echo alive')).toMatchObject({ stdout: 'alive\n', exitCode: 0 });
    expect(phone.processes.list()).toHaveLength(0);
    await adb.close();
  };
  return { phone, heard, device, send, sendPackets, expectAlive };
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const word = fc.oneof(fc.nat(4), fc.constantFrom(0xffffffff, 0x7fffffff, 1 << 16, 1 << 20));

/** Services worth opening, and nonsense. */
const service = fc.oneof(
  fc.constantFrom(
    'sync:',
    'shell,v2:cat',
    'shell:exec cat',
    'exec:yes',
    'shell,v2,pty:',
    'shell,v2:exec head -c 9',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const SYNC = [
  'STAT',
  'STA2',
  'LST2',
  'LIST',
  'LIS2',
  'SEND',
  'SND2',
  'RECV',
  'RCV2',
  'DATA',
  'DONE',
  'QUIT',
];
/** Something like a sync request: a known word, a length that may lie, a path. */
const syncRequest = fc
  .tuple(fc.constantFrom(...SYNC), fc.option(word, { nil: undefined }), fc.oneof(bytes(60), path()))
  .map(([name, length, payload]) => concat([pack(id(name), length ?? payload.length), payload]));
const shellPacket = fc
  .tuple(fc.nat(5), fc.option(word, { nil: undefined }), bytes(60))
  .map(([kind, length, payload]) =>
    concat([new Uint8Array([kind]), pack(length ?? payload.length), payload]),
  );

function path() {
  return fc
    .array(
      fc.constantFrom('data', 'local', 'tmp', '..', '.', '', 'x', 'ü', '\0', 'proc', 'dev', 'null'),
      { maxLength: 8 },
    )
    .map((names) => text.encode(`/${names.join('/')}`));
}

/** What follows the handshake: streams with half sensible ids. */
const message: fc.Arbitrary<Packet> = fc.oneof(
  fc.tuple(word, service).map(([from, name]) => packet(OPEN, from, 0, text.encode(`${name}\0`))),
  fc
    .tuple(fc.nat(4), fc.nat(4), fc.oneof(syncRequest, shellPacket, bytes(200)))
    .map(([from, to, payload]) => packet(WRTE, from, to, payload)),
  fc
    .tuple(fc.constantFrom(OKAY, CLSE, CNXN, AUTH, 0x534c5453, 0), word, word, bytes(40))
    .map(([command, arg0, arg1, payload]) => packet(command, arg0, arg1, payload)),
);

test(
  'packets in any order, with any ids and lengths',
  { timeout: 60_000 + RUNS * 1000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
        const { sendPackets, expectAlive } = await victim();
        await sendPackets([...HELLO, ...messages]);
        await expectAlive();
      }),
      { numRuns: RUNS },
    );
  },
);

/** A whole conversation that is right: a push, a shell with stdin, a pull. */
const RIGHT: readonly Packet[] = [
  ...HELLO,
  packet(OPEN, 1, 0, text.encode('sync:\0')),
  packet(WRTE, 1, 1, concat([pack(id('SEND'), 27), text.encode('/data/local/tmp/file,33188\0')])),
  packet(WRTE, 1, 1, concat([pack(id('DATA'), 4), text.encode('1234'), pack(id('DONE'), 1)])),
  packet(OKAY, 1, 1),
  packet(WRTE, 1, 1, concat([pack(id('RECV'), 20), text.encode('/data/local/tmp/file')])),
  packet(OPEN, 2, 0, text.encode('shell,v2:exec cat\0')),
  packet(WRTE, 2, 2, concat([new Uint8Array([0]), pack(2), text.encode('hi')])),
  packet(OKAY, 2, 2),
  packet(WRTE, 2, 2, concat([new Uint8Array([3]), pack(0)])),
  packet(CLSE, 2, 2),
];

test('the right conversation does what it should', async () => {
  const { phone, heard, sendPackets, expectAlive } = await victim();
  await sendPackets(RIGHT);
  expect(phone.files.find('/data/local/tmp/file')).toMatchObject({ size: 4, mtimeMs: 1000 });
  expect(heard.filter((command) => command === WRTE)).not.toHaveLength(0);
  await expectAlive();
});

test(
  'a right conversation, with transfers cut, dropped, doubled, swapped and bits turned',
  { timeout: 60_000 + RUNS * 1000 },
  async () => {
    const right = RIGHT.flatMap(toTransfers);
    const change = fc.record({
      at: fc.nat(right.length - 1),
      how: fc.constantFrom('drop', 'double', 'swap', 'cut', 'flip' as const),
      where: fc.nat(400),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const transfers = right.map((transfer) => transfer.slice());
        for (const { at, how, where } of changes) {
          const transfer = transfers[at] ?? new Uint8Array();
          if (how === 'drop') transfers.splice(at, 1);
          else if (how === 'double') transfers.splice(at, 0, transfer);
          else if (how === 'swap') transfers.push(...transfers.splice(at, 1));
          else if (how === 'cut') transfers[at] = transfer.slice(0, where % (transfer.length + 1));
          else if (transfer.length > 0) {
            const bit = where % (transfer.length * 8);
            transfer[bit >> 3] = (transfer[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          }
        }
        const { send, expectAlive } = await victim();
        await send(transfers);
        await expectAlive();
      }),
      { numRuns: RUNS },
    );
  },
);

test('a flood of streams: 64 are opened, the rest refused', async () => {
  const { heard, phone, sendPackets, expectAlive } = await victim();
  const opens = Array.from({ length: 500 }, (_, i) =>
    packet(OPEN, i + 1, 0, text.encode('sync:\0')),
  );
  await sendPackets([...HELLO, ...opens]);
  expect(heard.filter((command) => command === OKAY)).toHaveLength(64);
  expect(heard.filter((command) => command === CLSE)).toHaveLength(500 - 64);
  expect(phone.processes.list()).toEqual([]);
  await expectAlive();
});

test.each([
  ['large', 1 << 20],
  ['small', 1],
])('%s writes that wait for no acknowledgement close their stream', async (_, size) => {
  const { heard, sendPackets, expectAlive } = await victim();
  // this program never reads
  await sendPackets([...HELLO, packet(OPEN, 1, 0, text.encode('shell:exec sleep 1000000\0'))]);
  const write = packet(WRTE, 1, 1, new Uint8Array(size));
  for (let i = 0; i < 200; i++) await sendPackets([write]);
  expect(heard).toContain(CLSE);
  await expectAlive();
});

test('a host that asks for ever and never listens loses its cable', async () => {
  const { device, send } = await victim();
  await send(HELLO.flatMap(toTransfers));
  const nonsense = toTransfers(packet(WRTE, 7, 7));
  for (let i = 0; i < 20_000 && device.opened; i++) await send(nonsense);
  expect(device.opened).toBe(false);
});

test('a flood of keys asks the owner once', async () => {
  let asked = 0;
  const sleep = () => {
    asked += 1;
    return new Promise<void>(() => undefined);
  };
  const { sendPackets } = await victim({ now: () => 0, sleep });
  await sendPackets([
    packet(CNXN),
    ...Array.from({ length: 50 }, () => packet(AUTH, RSA_PUBLIC_KEY, 0, KEY)),
  ]);
  expect(asked).toBe(1);
});
