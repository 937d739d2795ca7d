import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mtmdBytes, parseMtmd, writeMtmd, type Mtmd } from '../../src/domain/mtmd';

const mtmd: fc.Arbitrary<Mtmd> = fc
  .record({
    tokens: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
    positionRows: fc.constantFrom(1, 3),
    seed: fc.nat(),
  })
  .map(({ seed, ...shape }) => ({
    ...shape,
    embeddings: Float32Array.from({ length: shape.tokens * shape.width }, (_, i) =>
      Math.sin(seed + i),
    ),
    positions: Int32Array.from({ length: shape.tokens * shape.positionRows }, (_, i) => i - 3),
  }));

test('what is written is read back, byte for byte', () => {
  fc.assert(
    fc.property(mtmd, (made) => {
      const bytes = writeMtmd(made);
      const read = parseMtmd(bytes);
      expect(read).toEqual({ ok: true, value: made });
      if (read.ok) expect(writeMtmd(read.value)).toEqual(bytes);
    }),
  );
});

test('anything else is refused, or is a whole file', () => {
  const damaged = fc
    .tuple(mtmd, fc.nat({ max: 59 }), fc.nat({ max: 255 }), fc.integer({ min: -8, max: 8 }))
    .map(([made, at, byte, grow]) => {
      const bytes = writeMtmd(made);
      bytes[at] = byte;
      const out = new Uint8Array(Math.max(0, bytes.length + grow));
      out.set(bytes.subarray(0, out.length));
      return out;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
      const read = parseMtmd(bytes);
      if (read.ok) expect(mtmdBytes(read.value)).toBe(bytes.length);
      else expect(read.failure.code).toBe('mtmd-invalid');
    }),
    { numRuns: 2000 },
  );
});
