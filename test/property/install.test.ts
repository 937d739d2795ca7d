import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFacts } from '../../src/domain/device-facts';
import { install } from '../../src/flows/install';
import { markStep } from '../../src/flows/mark';
import { makeBundle } from '../device/made-bundle';
import { FakeDevice } from '../fakes/device';

const MB = 1 << 20;
const facts = { ...parseFacts('', 'x'), abis: ['x86_64'] };
const NEVER = new AbortController().signal;

async function run(device: FakeDevice, bundle: ReturnType<typeof makeBundle>) {
  const installing = install(device, bundle, facts, NEVER);
  for (;;) {
    const step = await installing.next();
    if (step.done) return step.value;
  }
}

const size = fc.integer({ min: 300_000, max: 3 * MB });
const cuts = fc.array(fc.integer({ min: 1, max: 5 * MB }), { maxLength: 5 });

test(
  'whatever the cuts, all files end whole, and little is sent twice',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(size, size, cuts, async (one, two, at) => {
        await using device = new FakeDevice();
        const bundle = makeBundle({ one, two, a: 1000, b: 20_000 });
        const files = bundle.manifest.files;
        for (const bytes of at) {
          const afterBytes = device.pushedBytes + bytes;
          device.pushTrouble = { afterBytes, failure: { code: 'unplugged' } };
          await run(device, bundle);
          device.replug();
        }
        expect(await run(device, bundle)).toMatchObject({ ok: true });
        expect(readdirSync(join(device.root, 'files')).sort()).toEqual(
          files.map(({ sha256 }) => sha256).sort(),
        );
        for (const { path } of files) {
          const installed = readFileSync(join(device.root, 'bundles/made@1', path));
          expect(installed.equals(bundle.bytesOf(path))).toBe(true);
        }
        // Archives and links are a little more than the files; a cut costs two steps or the small files.
        const bytes = one + two + 21_000 + 20_000;
        expect(device.pushedBytes).toBeLessThan(
          bytes + at.length * (2 * markStep(3 * MB) + 30_000),
        );
      }),
      { numRuns: 8 },
    );
  },
);
