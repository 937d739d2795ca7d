import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesFor, parseManifest, type Manifest } from '../../../src/domain/bundle';

const FILE = {
  ...{ path: 'bin/runner', bytes: 3, sha256: 'a'.repeat(64), url: 'runner', role: 'runner' },
  abi: 'arm64-v8a',
};
const GOOD = {
  ...{ schema: 'plugsight-bundle/1', id: 'r', version: '1.0.0', title: 'R', kind: 'runner' },
  ...{ licence: 'MIT', pipelines: ['llama-runner'], files: [FILE] },
};
const MODEL = { input: { family: 'square-png', params: { size: 128 } }, context: 512 };
const detail = (input: unknown) => {
  const result = parseManifest(input);
  if (result.ok) return 'ok';
  expect(result.failure.code).toBe('manifest-invalid');
  return result.failure.detail ?? '';
};
const parse = (input: unknown): Manifest => {
  const result = parseManifest(input);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
};

test('a good manifest is read, defaults filled in, unknown fields dropped', () => {
  const manifest = parse({ ...GOOD, later: true });
  expect(manifest.files[0]?.mode).toBe('644');
  expect(manifest.requires).toEqual({});
  expect(manifest).not.toHaveProperty('later');
});

test('what an NPU bundle is for is kept, and several files have one role', () => {
  const npu = {
    ...{ requires: { soc: ['SM8650', 'QCM6490'], htpArch: ['v75'] }, facts: { generation: 'B2' } },
    ...{ sdk: { name: 'qairt', version: '2.37.0.250724' } },
  };
  const skels = ['v75', 'v79'].map((htpArch) => ({
    ...FILE,
    path: htpArch,
    role: 'skel',
    htpArch,
  }));
  const manifest = parse({ ...GOOD, ...npu, files: [FILE, ...skels] });
  expect(manifest).toMatchObject(npu);
  expect(manifest.files.filter(({ role }) => role === 'skel')).toHaveLength(2);
});

test.each<[string, Record<string, unknown>]>([
  ['schema', { schema: 'plugsight-bundle/2' }],
  ['id', { id: '../x' }],
  ['id', { id: 'x'.repeat(65) }],
  ['version', { version: 1 }],
  ['title', { title: '' }],
  ['kind', { kind: 'virus' }],
  ['licence', { licence: undefined }],
  ['summary', { summary: 'x'.repeat(301) }],
  ['pipelines', { pipelines: [] }],
  ['pipelines.0', { pipelines: ['A'] }],
  ['requires.memoryBytes', { requires: { memoryBytes: -1 } }],
  ['requires.minSdk', { requires: { minSdk: 1.5 } }],
  ['model.context', { model: { ...MODEL, context: 0 } }],
  ['model.threads', { model: { ...MODEL, threads: 65 } }],
  ['model.input.family', { model: { ...MODEL, input: { family: '', params: {} } } }],
  ['model', { kind: 'model' }],
  ['files', { files: [] }],
  ['files', { files: Array(501).fill(FILE) }],
  ['files.0.bytes', { files: [{ ...FILE, bytes: 0 }] }],
  ['files.0.bytes', { files: [{ ...FILE, bytes: 2 ** 37 }] }],
  ['files.0.sha256', { files: [{ ...FILE, sha256: 'A'.repeat(64) }] }],
  ['files.0.mode', { files: [{ ...FILE, mode: '4755' }] }],
  ['files.0.role', { files: [{ ...FILE, role: 'x' }] }],
  ['files.0.abi', { files: [{ ...FILE, abi: 'mips' }] }],
  ['files.0.url', { files: [{ ...FILE, url: '' }] }],
  ['files.0.htpArch', { files: [{ ...FILE, htpArch: '75' }] }],
  ['files.0.facts.a', { files: [{ ...FILE, facts: { a: null } }] }],
  ['requires.soc.0', { requires: { soc: ['sm8650'] } }],
  ['requires.htpArch', { requires: { htpArch: [] } }],
  ['sdk.version', { sdk: { name: 'qairt', version: 'latest' } }],
  ['facts', { facts: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`f${i}`, i])) }],
  ['facts.n', { facts: { n: Infinity } }],
  ['files.1.bytes', { files: [FILE, { ...FILE, path: 'b', bytes: 1.5 }] }],
])('a wrong %s is named: %j', (field, change) => {
  expect(detail({ ...GOOD, ...change })).toMatch(new RegExp(`^${field}: `));
});

test.each([
  '../x',
  '/x',
  'a//b',
  '.',
  '..',
  'a/../b',
  'a/./b',
  'a/',
  '',
  'a\\b',
  'a b',
  "a'b",
  'a\nb',
  '.hidden',
  'a/.b',
  'ä',
  '$(x)',
  'a\0',
])('the path %j is refused', (path) => {
  expect(detail({ ...GOOD, files: [{ ...FILE, path }] })).toMatch(/^files\.0\.path: /);
});

test('one place is for one file', () => {
  const at = (path: string, abi?: string) => ({ ...FILE, path, abi });
  const files = (...list: unknown[]) => detail({ ...GOOD, files: list });
  expect(files(FILE, FILE)).toContain('"bin/runner" is listed twice');
  expect(files(at('a'), at('a'))).toContain('listed twice');
  expect(files(at('a'), at('a/b/c'))).toContain('"a" is a file and a folder');
  expect(files(at('a/b'), at('a/b/c'))).toContain('"a/b" is a file and a folder');
  expect(files(at('a', 'x86_64'), at('a', 'arm64-v8a'), at('ab/c'))).toBe('ok');
});

test('a phone gets the file of its first ABI, else the one for all', () => {
  const file = (abi: string | undefined, bytes: number) => ({ ...FILE, abi, bytes });
  const manifest = parse({
    ...GOOD,
    files: [file(undefined, 1), file('x86_64', 2), file('arm64-v8a', 3)],
  });
  const chosen = (...abis: string[]) => {
    const files = filesFor(manifest, abis);
    return files.ok ? files.value.map(({ bytes }) => bytes) : files.failure.code;
  };
  expect(chosen('arm64-v8a', 'x86_64')).toEqual([3]);
  expect(chosen('x86_64', 'arm64-v8a')).toEqual([2]);
  expect(chosen('riscv64')).toEqual([1]);
  expect(chosen()).toEqual([1]);
});

test('a phone gets the libraries of its own Hexagon, and those that are for every one', () => {
  const file = (path: string, htpArch?: string) => ({ ...FILE, path, htpArch, role: 'skel' });
  const files = [FILE, file('v75.so', 'v75'), file('v79.so', 'v79'), file('all.so')];
  const manifest = parse({ ...GOOD, files });
  const chosen = (htp?: string) => {
    const fits = filesFor(manifest, ['arm64-v8a'], [], htp);
    return fits.ok ? fits.value.map(({ path }) => path) : fits.failure.code;
  };
  expect(chosen('v75')).toEqual([FILE.path, 'v75.so', 'all.so']);
  expect(chosen('v79')).toEqual([FILE.path, 'v79.so', 'all.so']);
  expect(chosen('v68')).toEqual([FILE.path, 'all.so']);
  expect(chosen()).toEqual([FILE.path, 'all.so']);
});

test('a phone that nothing fits is told what there is', () => {
  const runner = parse(GOOD);
  expect(filesFor(runner, ['x86_64'])).toMatchObject({
    ok: false,
    failure: { code: 'abi-unsupported', detail: /arm64-v8a.*x86_64/ },
  });
  const model = parse({ ...GOOD, kind: 'model', model: MODEL });
  expect(filesFor(model, ['x86_64'])).toMatchObject({ failure: { code: 'abi-unsupported' } });
});

test('no input makes it throw, and what it lets through has safe paths', () => {
  const value = fc.oneof(fc.jsonValue(), fc.anything({ withNullPrototype: true }));
  const path = fc.string({ unit: fc.constantFrom('a', '-', '.', '/', '~', ' '), maxLength: 8 });
  const files = fc.array(fc.record({ path }).map(({ path: p }) => ({ ...FILE, path: p })));
  const odd = fc.tuple(fc.constantFrom(...Object.keys(GOOD)), value);
  fc.assert(
    fc.property(
      fc.oneof(
        value,
        odd.map(([key, v]) => ({ ...GOOD, [key]: v })),
        files.map((list) => ({ ...GOOD, files: list })),
      ),
      (input) => {
        const result = parseManifest(input);
        if (!result.ok) return;
        for (const { path: p } of result.value.files)
          expect(p.split('/').every((part) => /^[\w+-][\w.+-]*$/.test(part))).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

test('what a self-test expects is checked: files with hashes, at least one question', () => {
  const page = { path: 'a.png', url: 'a.png', bytes: 1, sha256: 'b'.repeat(64) };
  const one = { picture: page, prompt: 'What?', answer: 'a star' };
  const of = (selfTest: object) => ({ ...GOOD, kind: 'model', model: { ...MODEL, selfTest } });
  const good = { origin: 'torch', encoder: { ...page, path: 'v.onnx' }, cases: [one] };
  expect(parse(of(good)).model?.selfTest).toEqual(good);
  expect(detail(of({ ...good, cases: [] }))).toContain('model.selfTest.cases');
  expect(detail(of({ ...good, encoder: { ...page, path: '../v.onnx' } }))).toContain('path');
  expect(detail(of({ ...good, cases: [{ ...one, picture: { ...page, sha256: 'x' } }] }))).toContain(
    'sha256',
  );
  expect(detail(of({ ...good, cases: Array.from({ length: 33 }, () => one) }))).toContain('cases');
});
