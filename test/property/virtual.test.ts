import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInProcessUsb } from '../../src/adapters/virtual/in-process';
import { FileFault } from '../../src/adapters/virtual/faults';
import { PhoneFiles } from '../../src/adapters/virtual/files';
import { normal } from '../../src/adapters/virtual/paths';
import { FramingFault, PacketReader, toTransfers } from '../../src/adapters/virtual/packet';
import { RequestLines } from '../../src/adapters/virtual/request-lines';
import { quote } from '../../src/domain/device';
import { connected, InstantClock, pull, push } from '../unit/adapters/virtual/harness';

const word = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** Cuts an array at the given places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => whole.subarray(from, at[i] ?? whole.length));
}

test('a packet survives its transfers, however its payload is cut', () => {
  fc.assert(
    fc.property(
      word,
      word,
      word,
      bytes(2000),
      fc.array(fc.nat(2000)),
      (command, arg0, arg1, payload, places) => {
        const [header, body] = toTransfers({ command, arg0, arg1, payload });
        const reader = new PacketReader();
        const found = [header, ...(body ? cut(body, places) : [])]
          .map((transfer) => reader.push(transfer ?? new Uint8Array(0)))
          .filter((packet) => packet !== undefined);
        expect(found).toEqual([{ command, arg0, arg1, payload }]);
      },
    ),
  );
});

test('random transfers never break the reader in another way than a FramingFault', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(bytes(64), fc.uint8Array({ minLength: 24, maxLength: 24 }))),
      (transfers) => {
        const reader = new PacketReader();
        try {
          for (const transfer of transfers) reader.push(transfer);
        } catch (fault) {
          expect(fault).toBeInstanceOf(FramingFault);
        }
      },
    ),
  );
});

test('random packets never crash the phone: it still answers a new connection', async () => {
  const CNXN = 0x4e584e43;
  const command = fc.constantFrom(CNXN, 0x48545541, 0x4e45504f, 0x59414b4f, 0x45545257, 0x45534c43);
  const packet = fc.record({ command, arg0: fc.nat(4), arg1: fc.nat(4), payload: bytes(400) });
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 20 }), async (packets) => {
      const { usb } = createInProcessUsb({ clock: new InstantClock() });
      const [device] = await usb.getDevices();
      if (!device) throw new Error('no phone');
      await device.open();
      await device.claimInterface(0);
      const last = { command: CNXN, arg0: 0x01000001, arg1: 1 << 20, payload: new Uint8Array(0) };
      for (const each of [...packets, last])
        for (const transfer of toTransfers(each))
          await device.transferOut(1, new Uint8Array(transfer));
      const heard: string[] = [];
      // the answer to the last CNXN is an AUTH token, after whatever else was said
      for (let tokens = packets.filter((each) => each.command === CNXN).length + 1; tokens > 0;) {
        const { data } = await device.transferIn(1, 512);
        const name =
          data && data.byteLength >= 4
            ? String.fromCharCode(...new Uint8Array(data.buffer, 0, 4))
            : '';
        heard.push(name);
        if (name === 'AUTH' && data?.getUint32(4, true) === 1) tokens -= 1;
      }
      expect(heard).toContain('AUTH');
    }),
    { numRuns: 60 },
  );
});

test('what is pushed is what is pulled, with its size and name', async () => {
  const { adb, sh } = await connected();
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[/\0]/.test(text) && !['.', '..'].includes(text));
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      name,
      fc.uint8Array({ maxLength: 200_000, size: 'max' }),
      async (file, content) => {
        const path = `/data/local/tmp/${++n}/${file}`;
        await push(adb, path, content);
        expect(Buffer.compare(await pull(adb, path), content)).toBe(0);
        const { stdout, exitCode } = await sh(`stat -c %s ${quote(path)}`);
        expect({ stdout, exitCode }).toEqual({ stdout: `${content.length}\n`, exitCode: 0 });
      },
    ),
    { numRuns: 25 },
  );
});

test('quoted arguments reach a program exactly', async () => {
  let seen: readonly string[] = [];
  const { adb, sh } = await connected({
    programs: {
      probe: async ({ argv }) => {
        seen = argv.slice(1);
        return 0;
      },
    },
  });
  await push(
    adb,
    '/data/local/tmp/probe',
    new TextEncoder().encode('#!plugsight-wasm probe 1\n'),
    0o755,
  );
  const argument = fc
    .string({ unit: 'binary', maxLength: 40 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(argument, { maxLength: 4 }), async (args) => {
      await sh(['exec env', '/data/local/tmp/probe', ...args.map(quote)].join(' '));
      expect(seen).toEqual(args);
    }),
    { numRuns: 60 },
  );
});

test('request lines do not depend on how stdin is cut', () => {
  const line = fc.oneof(
    fc
      .record({ cmd: fc.constant('cancel'), request: fc.nat() })
      .map((value) => JSON.stringify(value)),
    fc
      .record({
        cmd: fc.constant('generate'),
        request: fc.nat(),
        image: fc.string(),
        prompt: fc.string({ unit: 'grapheme' }),
      })
      .map((value) => JSON.stringify(value)),
    fc.string().filter((text) => !text.includes('\n')),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(5000)), (lines, places) => {
      const input = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''));
      const whole = new RequestLines().push(input);
      const cutter = new RequestLines();
      expect(cut(input, places).flatMap((part) => cutter.push(part))).toEqual(whole);
    }),
  );
});

test('used space is the sum of the files, whatever is done to them', () => {
  const name = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd', '../x', '/system/y');
  const step = fc.oneof(
    fc.record({ op: fc.constant('write' as const), name, size: fc.nat(50) }),
    fc.record({ op: fc.constant('remove' as const), name }),
    fc.record({ op: fc.constant('rename' as const), name, to: name }),
    fc.record({ op: fc.constant('mkdir' as const), name }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const files = new PhoneFiles(200, () => 0);
      const full = (path: string) =>
        normal(path.startsWith('/') ? path : `/data/local/tmp/${path}`);
      for (const each of steps) {
        try {
          if (each.op === 'write')
            files.append(files.create(full(each.name), 0o644), new Uint8Array(each.size));
          else if (each.op === 'remove') files.remove(full(each.name));
          else if (each.op === 'rename') files.rename(full(each.name), full(each.to));
          else files.makeDirectories(full(each.name), 0o775);
        } catch (fault) {
          expect(fault).toBeInstanceOf(FileFault);
        }
      }
      const sum = (path: string): number =>
        [...files.list(path)].reduce(
          (total, [child, node]) =>
            total + (node.kind === 'file' ? node.size : sum(`${path}/${child}`)),
          0,
        );
      expect(files.capacity - files.free).toBe(sum('/data/local/tmp'));
      expect(files.free).toBeGreaterThanOrEqual(0);
      expect(files.find('/system/y')).toBeUndefined();
    }),
  );
});
