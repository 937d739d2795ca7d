import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../../src/domain/half';

describe('half precision', () => {
  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0xfc00, -Infinity],
  ])('%i is %d', (bits, value) => {
    expect(fromHalf(bits)).toBe(value);
    expect(toHalf(value)).toBe(bits);
  });

  test('every number comes back, the sign of zero included', () => {
    for (let bits = 0; bits < 0x10000; bits++)
      if (!Number.isNaN(fromHalf(bits)) && toHalf(fromHalf(bits)) !== bits)
        expect.fail(`${bits} became ${toHalf(fromHalf(bits))}`);
    expect(toHalf(NaN) & 0x7c00).toBe(0x7c00);
    expect(fromHalf(toHalf(NaN))).toBeNaN();
  });

  test('between two numbers the nearer is taken, in the middle the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = fromHalf(bits);
      const high = fromHalf(bits + 1);
      const middle = (low + high) / 2;
      const step = (high - low) / 256;
      const got = [toHalf(middle - step), toHalf(middle), toHalf(middle + step)];
      const wanted = [bits, bits % 2 === 0 ? bits : bits + 1, bits + 1];
      if (got.join() !== wanted.join())
        expect.fail(`near ${middle}: ${got.join()}, not ${wanted.join()}`);
    }
  });

  test('what is too large is infinite', () => {
    expect(toHalf(65519.99)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(1e30)).toBe(0x7c00);
  });
});
