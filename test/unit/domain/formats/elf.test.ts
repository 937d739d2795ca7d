import { expect, test } from 'vitest';
import { readElf } from '../../../../src/domain/formats/elf';
import { rangedOf } from '../../../../src/domain/formats/ranged';
import { ANDROID_LOADER, elf, type FakeElf } from '../../../fakes/elf';

const read = async (bytes: Uint8Array) => {
  const file = await readElf(rangedOf(bytes));
  return file.ok ? file.value : (file.failure.detail ?? '');
};

test('an arm64 library: its name, what it needs, where it looks', async () => {
  const fake = { needed: ['libc.so', 'libQnnSystem.so'], soname: 'libA.so', runpath: '$ORIGIN' };
  expect(await read(elf(fake))).toEqual({
    ...{ ...fake, bits: 64, machine: 'arm64', kind: 'library', interpreter: undefined },
    ...{ pie: false, positionIndependent: true, hexagon: undefined, pages16k: true },
  });
});

test.each<[string, FakeElf, object]>([
  ['a program', { interpreter: ANDROID_LOADER }, { kind: 'program', interpreter: ANDROID_LOADER }],
  ['a fixed program', { type: 2 }, { kind: 'program', positionIndependent: false }],
  ['an object file', { type: 1 }, { kind: 'object' }],
  ['x86-64', { machine: 62 }, { machine: 'x86-64' }],
  ['32-bit arm', { bits: 32, machine: 40, soname: 'l.so' }, { bits: 32, soname: 'l.so' }],
  ['an unknown processor', { machine: 8 }, { machine: 'another processor' }],
  ['4 KB pages', { align: 4096 }, { pages16k: false }],
  ['64 KB pages', { align: 65_536 }, { pages16k: true }],
  ['a skel', { bits: 32, machine: 164, flags: 0x75 }, { machine: 'hexagon', hexagon: 'v75' }],
])('%s', async (_, fake, expected) => expect(await read(elf(fake))).toMatchObject(expected));

test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(), /byte 0 of 0/],
  ['another file', new TextEncoder().encode('GGUF'.repeat(9)), /does not begin/],
  ['half a file', elf({ text: 'x'.repeat(99) }).subarray(0, 300), /cut off: 300 bytes/],
  ['a lost end', elf().with(41, 255), /cut off: .* reach to 65280$/],
  ['big-endian', elf().with(5, 2), /big-endian/],
  ['class 3', elf().with(4, 3), /class 3/],
  ['too many segments', elf().with(57, 9), /claims 2306 segments/],
])('%s is refused', async (_, bytes, why) => expect(await read(bytes)).toMatch(why));
