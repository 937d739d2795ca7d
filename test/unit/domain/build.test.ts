import { expect, test } from 'vitest';
import { buildOf, explainBuild } from '../../../src/domain/build';
import { parseManifest, type BundleFile } from '../../../src/domain/bundle';

function filesOf(...files: readonly Partial<BundleFile>[]): readonly BundleFile[] {
  const manifest = parseManifest({
    ...{ schema: 'plugsight-bundle/1', id: 'r', version: '1', title: 'r', kind: 'runner' },
    ...{ licence: 'MIT', pipelines: ['llama-runner'] },
    files: files.map((file, i) => ({
      ...{ path: `file-${i}`, url: 'x', bytes: 1, sha256: 'a'.repeat(64), role: 'other', ...file },
    })),
  });
  if (!manifest.ok) throw new Error(manifest.failure.detail);
  return manifest.value.files;
}

test('the program says which processors it is for', () => {
  const cpu = ['asimddp', 'i8mm'];
  const files = filesOf({ role: 'licence' }, { role: 'runner', abi: 'arm64-v8a', cpu });
  expect(buildOf(files)).toEqual({ abi: 'arm64-v8a', cpu });
  expect(buildOf(filesOf({ role: 'licence' }))).toBeUndefined();
  expect(buildOf(filesOf({ role: 'runner' }))).toEqual({ abi: undefined, cpu: [] });
});

test('people read what was chosen and why', () => {
  expect(explainBuild({ abi: 'arm64-v8a', cpu: ['asimddp', 'i8mm'] })).toBe(
    'arm64-v8a with asimddp, i8mm: /proc/cpuinfo lists them',
  );
  expect(explainBuild({ abi: 'x86_64', cpu: [] })).toMatch(/^x86_64, baseline: /);
});
