import { describe, expect, test } from 'vitest';
import {
  mropePositions,
  mtmdBytes,
  parseMtmd,
  parseMtmdHeader,
  writeMtmd,
  type Mtmd,
} from '../../../src/domain/mtmd';

const small: Mtmd = {
  tokens: 2,
  width: 3,
  positionRows: 1,
  embeddings: Float32Array.of(1, -2, 0.5, 0, 3, 4),
  positions: Int32Array.of(0, 1),
};

/** The file of `small`, written out by hand. */
const BYTES = [
  ...[0x4d, 0x54, 0x4d, 0x44, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0],
  ...[0, 0, 0, 0, 26, 0, 0, 0],
  ...Array<number>(20).fill(0),
  ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f],
  ...[0, 0, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40],
  ...[0, 0, 0, 0, 1, 0, 0, 0],
];

describe('mtmd_data.bin', () => {
  test('is written byte for byte', () => {
    expect([...writeMtmd(small)]).toEqual(BYTES);
  });

  test('is read back, from an odd place in memory too', () => {
    expect(parseMtmd(Uint8Array.from(BYTES))).toEqual({ ok: true, value: small });
    const shifted = Uint8Array.from([0, ...BYTES]).subarray(1);
    expect(parseMtmd(shifted)).toEqual({ ok: true, value: small });
  });

  test('has the size of the documented example', () => {
    expect(mtmdBytes({ tokens: 1000, width: 2048, positionRows: 3 })).toBe(8_204_048);
  });

  test.each([
    ['too short', BYTES.slice(0, 47), 'only 47 bytes'],
    ['another magic', BYTES.with(0, 0x47), 'does not begin with "MTMD"'],
    ['another version', BYTES.with(4, 2), 'version 2, not 1'],
    ['no tokens', BYTES.with(8, 0), '0 tokens'],
    ['absurd tokens', BYTES.with(11, 0xff), '4278190082 tokens'],
    ['no width', BYTES.with(12, 0), 'width 0'],
    ['two rows of positions', BYTES.with(16, 2), '2 rows of positions, not 1 or 3'],
    ['f16 embeddings', BYTES.with(20, 1), 'embeddings of type 1, not 0 (f32)'],
    ['i64 positions', BYTES.with(24, 27), 'positions of type 27, not 26 (i32)'],
    ['reserved word', BYTES.with(44, 1), 'reserved word 4 is not 0'],
    ['one byte less', BYTES.slice(0, -1), '79 bytes; 2 tokens of 3 + 1 make 80'],
    ['one byte more', [...BYTES, 0], '81 bytes; 2 tokens of 3 + 1 make 80'],
  ])('%s is refused', (_, bytes, detail) => {
    expect(parseMtmd(Uint8Array.from(bytes))).toEqual({
      ok: false,
      failure: { code: 'mtmd-invalid', detail },
    });
  });

  test('the header alone is enough to hold the size against it', () => {
    const head = Uint8Array.from(BYTES.slice(0, 48));
    expect(parseMtmdHeader(head, 80)).toMatchObject({ ok: true, value: { tokens: 2, width: 3 } });
    expect(parseMtmdHeader(head, 48)).toMatchObject({ ok: false });
  });

  test('arrays that do not fit their shape are a bug', () => {
    expect(() => writeMtmd({ ...small, tokens: 3 })).toThrow(/do not fit/);
  });
});

test('positions: text counts on, a picture is a grid, text goes on behind its longer side', () => {
  const runs = [
    { kind: 'text', tokens: 2 },
    { kind: 'image', columns: 3, rows: 2 },
    { kind: 'text', tokens: 1 },
  ] as const;
  expect([...mropePositions(runs)]).toEqual([
    ...[0, 1, 2, 2, 2, 2, 2, 2, 5],
    ...[0, 1, 2, 2, 2, 3, 3, 3, 5],
    ...[0, 1, 2, 3, 4, 2, 3, 4, 5],
  ]);
});
