import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCatalogue } from '../../../../src/adapters/browser/catalogue';

const dir = join(import.meta.dirname, '../../../../device-payload/tiny-vlm');
const catalogue = createCatalogue(new URL('https://page.example/bundles/'));

/** A file as a folder picker gives it. */
function picked(path: string, content: string | Uint8Array<ArrayBuffer>): File {
  const file = new File([content], path.split('/').at(-1) ?? '');
  return Object.defineProperty(file, 'webkitRelativePath', { value: path });
}
const own = (name: string) => picked(`tiny/${name}`, new Uint8Array(readFileSync(join(dir, name))));
const manifest = readFileSync(join(dir, 'manifest.json'), 'utf8');

test('a folder is a bundle, whatever else lies in it', async () => {
  const files = [
    picked('tiny/old/manifest.json', '{}'),
    ...['README.md', 'manifest.json', 'language.gguf', 'vision.gguf'].map(own),
  ];
  const source = await catalogue.fromFolder(files);
  if (!source.ok) throw new Error(source.failure.detail);
  expect(source.value.manifest.id).toBe('tiny-vlm');
  for (const file of source.value.manifest.files) {
    const stream = await source.value.open(file, AbortSignal.timeout(1000));
    if (!stream.ok) throw new Error(stream.failure.detail);
    expect((await new Response(stream.value).arrayBuffer()).byteLength).toBe(file.bytes);
  }
});

test.each([
  ['no manifest', [own('language.gguf')], 'manifest-invalid', 'no manifest.json among'],
  ['a manifest that is none', [picked('m/manifest.json', 'hello')], 'manifest-invalid', 'JSON'],
  ['a file missing', [own('manifest.json'), own('language.gguf')], 'bundle-unreachable', 'vision'],
  [
    'an address that no file can have',
    [picked('m/manifest.json', manifest.replace(/"url": *"language.gguf"/, '"url": "%ZZ"'))],
    'bundle-unreachable',
    '%ZZ is not in the folder',
  ],
])('a folder with %s is refused', async (_, files, code, words) => {
  const source = await catalogue.fromFolder(files);
  expect(source).toMatchObject({ ok: false, failure: { code } });
  if (!source.ok) expect(source.failure.detail).toContain(words);
});

test.each([
  '',
  'hello',
  'ftp://a/b',
  'http://elsewhere.example/manifest.json',
  'file:///etc/passwd',
])('the address "%s" is not asked', async (address) => {
  const source = await catalogue.fromAddress(address, AbortSignal.timeout(1000));
  expect(source).toMatchObject({ ok: false, failure: { code: 'bundle-unreachable' } });
  if (!source.ok) expect(source.failure.detail).toContain('not an https address');
});
