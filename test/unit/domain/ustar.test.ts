import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fitsTar, tarEnd, tarEntry } from '../../../src/domain/ustar';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'plugsight-ustar-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const unpack = (...entries: Uint8Array[]) =>
  execFileSync('tar', ['-C', dir, '-xf', '-'], { input: Buffer.concat([...entries, tarEnd()]) });
const data = (bytes: number) => new Uint8Array(bytes).map((_, i) => (i * 7919) >> 5);

test.each([0, 1, 511, 512, 513, 100_000])('a file of %i bytes', (bytes) => {
  unpack(
    tarEntry({ path: 'a', data: data(bytes), mode: 0o755 }),
    tarEntry({ path: 'b', data: data(3), mode: 0o644 }),
  );
  expect(readFileSync(join(dir, 'a')).equals(data(bytes))).toBe(true);
  expect(readFileSync(join(dir, 'b')).equals(data(3))).toBe(true);
  expect([statSync(join(dir, 'a')).mode & 0o777, statSync(join(dir, 'b')).mode & 0o777]).toEqual([
    0o755, 0o644,
  ]);
});

test('a link, in folders that nobody made', () => {
  unpack(tarEntry({ path: 'some/where/link', target: '../../files/x' }));
  expect(readlinkSync(join(dir, 'some/where/link'))).toBe('../../files/x');
});

test('long names are parted at a slash', () => {
  const path = `${'d'.repeat(90)}/${'e'.repeat(60)}/${'f'.repeat(49)}`;
  expect(path).toHaveLength(201);
  unpack(tarEntry({ path, data: data(10), mode: 0o644 }));
  expect(readFileSync(join(dir, path)).equals(data(10))).toBe(true);
});

test.each([
  ['x'.repeat(101), ''],
  [`a/${'x'.repeat(101)}`, ''],
  [`${'x'.repeat(156)}/a/${'y'.repeat(98)}`, ''],
  ['a', 'x'.repeat(101)],
])('a name that does not fit is refused', (path, target) => {
  expect(fitsTar(path, target)).toBe(false);
  expect(() => tarEntry({ path, target })).toThrow('too long');
});
