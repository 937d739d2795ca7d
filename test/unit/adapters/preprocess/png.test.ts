import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeToRgb } from '../../../../src/adapters/preprocess/load';
import { crc32, encodePng, encodePngStored } from '../../../../src/adapters/preprocess/png';
import { bothCores } from '../../../golden/preprocess/cores';
import { synth } from '../../../golden/preprocess/vectors';

const [core] = await bothCores();

test('crc32 gives the known value', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926); // check value of CRC-32/ISO-HDLC
});

describe.each([
  ['compressed', encodePng],
  ['stored', encodePngStored],
])('a %s PNG', (_kind, encode) => {
  test.each([
    [1, 1],
    [3, 2],
    [97, 61],
    [300, 200],
  ])('of %i x %i holds exactly these pixels', async (width, height) => {
    if (!core) throw new Error('no core');
    const rgb = synth(width, height, 5);
    const png = await encode(rgb, width, height);
    const decoded = await decodeToRgb(core, png, 'drop');
    expect(decoded.ok && Buffer.from(decoded.value).equals(rgb)).toBe(true);
  });

  test('has valid zlib data for other readers too', async () => {
    const png = await encode(synth(200, 150, 6), 200, 150);
    const length = new DataView(png.buffer).getUint32(33);
    const rows = inflateSync(png.subarray(41, 41 + length)); // checks Adler-32
    expect(rows.length).toBe((200 * 3 + 1) * 150);
  });
});
