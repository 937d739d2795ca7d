import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readElf } from '../../src/domain/formats/elf';
import { readGenieConfig } from '../../src/domain/formats/genie-config';
import { fileKind } from '../../src/domain/formats/kind';
import { readPte } from '../../src/domain/formats/pte';
import { readQnnInfo } from '../../src/domain/formats/qnn-info';
import { rangedOf } from '../../src/domain/formats/ranged';
import { readTokenizerBin } from '../../src/domain/formats/tokenizer-bin';
import { ANDROID_LOADER, elf } from '../fakes/elf';
import { FLOAT, pte } from '../fakes/pte';

const SEEDS = [
  elf({ needed: ['libc.so', 'libm.so'], soname: 'liba.so', interpreter: ANDROID_LOADER }),
  elf({ bits: 32, machine: 164, flags: 0x75, soname: 'libQnnHtpV75Skel.so' }),
  pte([
    { name: 'forward', backends: ['QnnBackend'], inputs: [[FLOAT, [1, 3, 8, 8]]] },
    { name: 'get_dim', constant: 3 },
  ]),
];

/** A good file with some bytes changed, and cut anywhere: most of it still makes sense, which is where readers break. */
const damaged = fc
  .record({
    seed: fc.constantFrom(...SEEDS),
    changes: fc.array(fc.tuple(fc.nat({ max: 1200 }), fc.constantFrom(0, 1, 4, 127, 128, 255)), {
      maxLength: 12,
    }),
    length: fc.nat({ max: 1500 }),
  })
  .map(({ seed, changes, length }) => {
    const bytes = seed.slice(0, Math.max(40, length));
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

test('a damaged program, library or model is refused with words or read; nothing else', async () => {
  let refused = 0;
  const check = fc.asyncProperty(damaged, async (bytes) => {
    for (const read of [readElf, readPte]) {
      const file = await read(rangedOf(bytes));
      if (file.ok) continue;
      refused++;
      expect(file.failure).toMatchObject({ code: 'payload-file-invalid' });
      expect(file.failure.detail).toMatch(/^no whole /);
    }
  });
  await fc.assert(check, { numRuns: 1000 });
  expect(refused).toBeGreaterThan(1000); // each is refused by one of the two, many by both
});

test('a reader never asks for bytes far beyond what it must see', async () => {
  const check = fc.asyncProperty(damaged, async (bytes) => {
    let asked = 0;
    const counted = {
      size: 2 ** 40, // claims a terabyte: offsets into nowhere must not be followed for ever
      read: (at: number, length: number) => {
        asked += length;
        const out = new Uint8Array(length);
        if (at < bytes.length) out.set(bytes.subarray(at, at + length));
        return Promise.resolve(out);
      },
    };
    for (const read of [readElf, readPte]) await read(counted);
    expect(asked).toBeLessThanOrEqual(2 * 512 * 65_536);
  });
  await fc.assert(check, { numRuns: 200 });
});

test('any text or bytes: the small readers answer', () => {
  const dialog = fc.record({ dialog: fc.jsonValue() }).map((value) => JSON.stringify(value));
  const graphs = fc.record({ graphs: fc.jsonValue() }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string(), dialog, graphs), fc.uint8Array(), (text, bytes) => {
      for (const result of [readGenieConfig(text), readQnnInfo(text), readTokenizerBin(bytes)])
        if (!result.ok) expect(result.failure.detail).toBeTruthy();
      expect(fileKind(bytes).name).toBeTruthy();
    }),
    { numRuns: 2000 },
  );
});
