import { expect, test } from 'vitest';
import { filesFor, parseManifest, type Manifest } from '../../../src/domain/bundle';
import { parseFacts } from '../../../src/domain/device-facts';

const program = (abi: string, cpu?: readonly string[]) => ({
  ...{ path: 'program', bytes: 1, sha256: 'a'.repeat(64), url: 'x', role: 'runner', abi },
  ...(cpu && { cpu }),
});
const DOTPROD = ['asimddp', 'asimdhp'];
const I8MM = [...DOTPROD, 'i8mm'];

function manifest(files: readonly unknown[]): Manifest {
  const parsed = parseManifest({
    ...{ schema: 'plugsight-bundle/1', id: 'b', version: '1', title: 't', kind: 'runner' },
    ...{ licence: 'MIT', pipelines: ['p'], files },
  });
  if (!parsed.ok) throw new Error(parsed.failure.detail);
  return parsed.value;
}
const levels = manifest([
  program('arm64-v8a', DOTPROD),
  program('arm64-v8a', I8MM),
  program('arm64-v8a'),
  program('x86_64'),
]);
const chosen = (abis: readonly string[], cpu?: readonly string[]) => {
  const files = filesFor(levels, abis, cpu);
  return files.ok ? files.value.map(({ abi, cpu: needs }) => ({ abi, needs })) : files.failure.code;
};

test.each([
  [[], undefined],
  [['asimddp'], undefined],
  [DOTPROD, DOTPROD],
  [['sve', 'i8mm', 'asimdhp', 'asimddp'], I8MM],
])('a phone with %j gets the program for %j', (features, needs) => {
  expect(chosen(['arm64-v8a', 'armeabi-v7a'], features)).toEqual([{ abi: 'arm64-v8a', needs }]);
});

test('a phone that does not tell its features gets the baseline', () => {
  expect(chosen(['arm64-v8a'])).toEqual([{ abi: 'arm64-v8a', needs: undefined }]);
});

test('the first ABI wins, however many features another one could use', () => {
  expect(chosen(['x86_64', 'arm64-v8a'], I8MM)).toEqual([{ abi: 'x86_64', needs: undefined }]);
});

test('a phone that no program fits is told so', () => {
  const only = manifest([program('arm64-v8a', DOTPROD)]);
  expect(filesFor(only, ['arm64-v8a'], ['asimdhp'])).toMatchObject({
    failure: { code: 'abi-unsupported' },
  });
});

test('the same program twice is refused, for another processor it is not', () => {
  expect(() => manifest([program('x86_64'), program('x86_64')])).toThrow('listed twice');
  expect(() => manifest([program('x86_64', DOTPROD), program('x86_64', DOTPROD)])).toThrow('twice');
});

test.each([[[]], [['asimddp; rm']], [[7]]])('cpu: %j is refused', (cpu) => {
  expect(() => manifest([program('x86_64', cpu as string[])])).toThrow('cpu');
});

const facts = (cpuinfo: string) => parseFacts(`@cpu\n${cpuinfo}\n@meminfo\n`, 'x').cpuFeatures;

test('features are those that every core has', () => {
  const old = 'processor\t: 0\nFeatures\t: fp asimd asimdhp asimddp\n';
  const young = 'processor\t: 4\nFeatures\t: fp asimd asimdhp asimddp i8mm bf16\n';
  expect(facts(young)).toEqual(['asimdhp', 'asimddp', 'i8mm', 'bf16']);
  expect(facts(old + young)).toEqual(['asimdhp', 'asimddp']);
});

test('x86 has flags, and an unreadable file has none', () => {
  expect(facts('flags\t\t: fpu sse4_2 avx avx2\r\n')).toEqual(['sse4_2', 'avx', 'avx2']);
  expect(facts('')).toEqual([]);
});
