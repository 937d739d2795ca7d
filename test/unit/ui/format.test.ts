import { expect, test } from 'vitest';
import { bytes, bytesOf, digits, duration, figure, shortHash } from '../../../src/ui/format';

test.each([
  [0, '0 B'],
  [379, '379 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [1_968_512, '2.0 MB'],
  [99_960, '100 KB'],
  [999_500, '1.0 MB'],
  [6_442_450_944, '6.4 GB'],
  [5e15, '5000 TB'],
])('%d bytes are "%s"', (value, shown) => {
  expect(bytes(value)).toBe(shown);
});

test('a part is told in the unit of the whole', () => {
  expect(bytesOf(212_000_000, 437_000_000)).toBe('212 of 437 MB');
  expect(bytesOf(0, 2_000_000)).toBe('0.0 of 2.0 MB');
  expect(bytesOf(3_200_000_000, 4_300_000_000)).toBe('3.2 of 4.3 GB');
});

test.each([
  [0.04, '0.0 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [1240, '1.24 s'],
  [12_340, '12.3 s'],
  [59_960, '1 min 0 s'],
  [125_000, '2 min 5 s'],
])('%d ms are "%s"', (ms, shown) => {
  expect(duration(ms)).toBe(shown);
});

test('figures keep their unit apart', () => {
  expect(figure('ttft_ms', 302)).toEqual(['302', 'ms']);
  expect(figure('ttft_page_ms', 1660)).toEqual(['1.66', 's']);
  expect(figure('load_ms', 125_000)).toEqual(['2 min 5 s', '']);
  expect(figure('decode_rate', 64.62)).toEqual(['64.6', 'tok/s']);
  expect(figure('decode_rate', 692.3)).toEqual(['692', 'tok/s']);
  expect(figure('tokens', 1)).toEqual(['1', 'token']);
  expect(figure('peak_memory', 419e6)).toEqual(['419', 'MB']);
});

test('digits and hashes are short', () => {
  expect(digits(99.94)).toBe('99.9');
  expect(digits(99.96)).toBe('100');
  expect(shortHash('0123456789abcdef'.repeat(4))).toBe('01234567…cdef');
});
