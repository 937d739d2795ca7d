import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PIXELS, readHeader } from '../../src/adapters/preprocess/header';
import { decodeToRgb } from '../../src/adapters/preprocess/load';
import { readChunks } from '../../src/adapters/preprocess/png-chunks';
import { crc32 } from '../../src/adapters/preprocess/png';
import { bothCores } from '../golden/preprocess/cores';
import { pathOf, VECTORS } from '../golden/preprocess/vectors';

const [core] = await bothCores();
const files = Object.entries(VECTORS.images)
  .filter(([, image]) => image.file)
  .map(([name]) => new Uint8Array(readFileSync(pathOf(name))));

/** A real file with bytes changed, removed or repeated. */
const mutated = (originals: readonly Uint8Array[]) =>
  fc
    .record({
      file: fc.constantFrom(...originals),
      changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
        maxLength: 8,
      }),
      early: fc.boolean(),
      keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    })
    .map(({ file, changes, early, keep }) => {
      const copy = file.slice(0, Math.ceil(file.length * keep));
      // most faults that matter are in the first bytes
      const reach = early ? Math.min(copy.length, 120) : copy.length;
      for (const [at, value] of changes) copy[Math.floor(at * (reach - 1))] = value;
      return copy;
    });

test('no file makes the header reader throw, and what it accepts is within the limits', () => {
  fc.assert(
    fc.property(fc.oneof(mutated(files), fc.uint8Array({ maxLength: 400 })), (file) => {
      const header = readHeader(file);
      if (!header.ok) expect(header.failure.detail).toMatch(/\w+ \w+/);
      else {
        const { width, height, exif } = header.value;
        const { orientation } = exif;
        expect(width > 0 && height > 0 && width * height <= MAX_PIXELS).toBe(true);
        expect(orientation >= 1 && orientation <= 8).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

const pngs = files.filter((file) => file[1] === 0x50 && file.length < 60_000);

/** Makes the checksums right again, so that faults get past them. */
function reseal(png: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = png.slice();
  const view = new DataView(copy.buffer);
  for (let at = 8; at + 12 <= copy.length;) {
    const length = view.getUint32(at);
    if (at + 12 + length > copy.length) break;
    view.setUint32(at + 8 + length, crc32(copy, at + 4, at + 8 + length));
    at += 12 + length;
  }
  return copy;
}

test('no PNG makes the decoder throw, and the next good one decodes', async () => {
  if (!core) throw new Error('no core');
  const good = new Uint8Array(readFileSync(pathOf('tiny_28x28.png')));
  const expected = await decodeToRgb(core, good, 'drop');
  expect(expected.ok).toBe(true);
  await fc.assert(
    fc.asyncProperty(mutated(pngs), fc.boolean(), async (file, sealed) => {
      const png = sealed ? reseal(file) : file.slice();
      readChunks(png);
      const header = readHeader(png);
      if (header.ok && header.value.width * header.value.height > 4_000_000) return; // too slow to try often
      const decoded = await decodeToRgb(core, png, 'white');
      if (!decoded.ok) expect(decoded.failure.code).toMatch(/^image-/);
      expect(await decodeToRgb(core, good, 'drop')).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
