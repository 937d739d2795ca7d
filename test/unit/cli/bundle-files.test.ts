import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measureFile, readManifest } from '../../../src/cli/bundle-files';
import { PAYLOAD_DIR, bundleNames, isLocal, servedFiles } from '../../../src/cli/served-files';

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
    const manifest = await readManifest(dir);
    expect(manifest.id).toBe(name);
    for (const { url, bytes, sha256 } of manifest.files.filter((file) => isLocal(file.url)))
      expect(await measureFile(join(dir, url)), url).toEqual({ bytes, sha256 });
  });

  test('what the page may load exists and holds no training script', async () => {
    const paths = [...(await servedFiles())];
    expect(paths).toContain('tiny-vlm/vision.gguf');
    expect(paths.filter((path) => path.includes('training'))).toEqual([]);
    for (const path of paths) expect((await stat(join(PAYLOAD_DIR, path))).isFile()).toBe(true);
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
