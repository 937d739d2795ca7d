import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/domain/bundle';
import { measureFile, readManifest } from '../../../src/cli/bundle-files';
import {
  PAYLOAD_DIR,
  bundleNames,
  isLocal,
  listedFiles,
  readServed,
  servedFiles,
  servedManifest,
} from '../../../src/cli/served-files';

describe('the bundles that come with the page', async () => {
  const names = await bundleNames();

  test('every folder of device-payload/ is a bundle', async () => {
    const entries = await readdir(PAYLOAD_DIR, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(names).toEqual(folders.sort());
    expect(names).toEqual(expect.arrayContaining(['llama-runner', 'tiny-vlm']));
  });

  test.each(names)('%s: the manifest tells the truth about its files', async (name) => {
    const dir = join(PAYLOAD_DIR, name);
    await readManifest(dir);
    const served = parseManifest(await servedManifest(name)); // with what was built, when it was
    if (!served.ok) throw new Error(served.failure.detail);
    const manifest = served.value;
    expect(manifest.id).toBe(name);
    for (const { url, bytes, sha256 } of listedFiles(manifest).filter((file) => isLocal(file.url)))
      expect(await measureFile(join(dir, url)), url).toEqual({ bytes, sha256 });
  });

  test('what the page may load exists and holds no training script', async () => {
    const paths = [...(await servedFiles())];
    expect(paths).toContain('tiny-vlm/vision.gguf');
    expect(paths).toContain('tiny-vlm/vision.onnx');
    expect(paths.filter((path) => path.includes('training'))).toEqual([]);
    expect(paths.filter((path) => path.includes('relink'))).toEqual([]);
    for (const path of paths) expect((await stat(join(PAYLOAD_DIR, path))).isFile()).toBe(true);
  });
});

describe('a bundle with built files', () => {
  let root = '';
  const manifest = { id: 'b', version: '1.2.3', files: [{ url: 'a' }], title: 't' };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'plugsight-bundle-'));
    await mkdir(join(root, 'b/build'), { recursive: true });
    await writeFile(join(root, 'b/manifest.json'), JSON.stringify(manifest));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('is the committed one until they are there', async () => {
    expect(await servedManifest('b', root)).toEqual(manifest);
  });

  test('lists them, under a version of its own', async () => {
    const built = { version: 'c0ffee00', origin: 'built here', files: [{ url: 'build/x' }] };
    await writeFile(join(root, 'b/build/files.json'), JSON.stringify(built));
    const served = await servedManifest('b', root);
    expect(served).toEqual({
      ...{ id: 'b', title: 't', version: '1.2.3-c0ffee00', origin: 'built here' },
      files: [{ url: 'a' }, { url: 'build/x' }],
    });
    expect([...(await servedFiles(root))]).toEqual(['b/manifest.json', 'b/a', 'b/build/x']);
    expect(JSON.parse(Buffer.from(await readServed('b/manifest.json', root)).toString())).toEqual(
      served,
    );
  });
});

describe('a damaged bundle', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plugsight-bundle-'));
    await mkdir(join(dir, 'b'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('is named with its file and the wrong field', async () => {
    await writeFile(join(dir, 'b/manifest.json'), '{"schema":"plugsight-bundle/9"}');
    await expect(readManifest(join(dir, 'b'))).rejects.toThrow(/b.manifest\.json: schema/);
  });

  test('a changed byte changes what is measured', async () => {
    await writeFile(join(dir, 'b/file'), 'abc');
    // sha256("abc"), FIPS 180-4 appendix example.
    expect(await measureFile(join(dir, 'b/file'))).toEqual({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });
});
