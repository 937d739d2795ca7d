import { expect, test } from 'vitest';
import { hubFileUrl, isVisionName, parseModelAddress } from '../../../src/domain/model-address';

const SHA = 'ab'.repeat(32);
const read = (text: string) => {
  const result = parseModelAddress(text);
  return result.ok ? result.value : result.failure.code;
};
const hub = (more: object) => ({
  ...{ kind: 'hub', repo: 'o/n', revision: 'main', path: undefined, sha256: undefined },
  ...more,
});

test.each([
  ['o/n', hub({})],
  ['https://huggingface.co/o/n', hub({})],
  ['https://hf.co/o/n/tree/v1', hub({ revision: 'v1' })],
  ['https://huggingface.co/o/n/blob/main/a.gguf', hub({ path: 'a.gguf' })],
  ['https://huggingface.co/o/n/resolve/main/a.gguf?download=true', hub({ path: 'a.gguf' })],
  [
    ' https://huggingface.co/o/n/resolve/c0ffee/d/b%20c.GGUF ',
    hub({ revision: 'c0ffee', path: 'd/b c.GGUF' }),
  ],
  [
    `https://huggingface.co/o/n/resolve/main/a.gguf#sha256=${SHA.toUpperCase()}`,
    hub({ path: 'a.gguf', sha256: SHA }),
  ],
])('%s is a place at Hugging Face', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('a file elsewhere keeps its query, and loses its fragment', () => {
  const address = read(`https://host.test/x/a.gguf?key=1#sha256=${SHA}`);
  expect(address).toMatchObject({ kind: 'file', sha256: SHA });
  expect(address).toHaveProperty('url.href', 'https://host.test/x/a.gguf?key=1');
  expect(read('http://localhost:8000/a.gguf')).toMatchObject({ kind: 'file' });
  expect(read('http://127.0.0.1:8000/a.gguf')).toMatchObject({ kind: 'file' });
});

test.each([
  ['', 'address-invalid'],
  ['a model please', 'address-invalid'],
  ['http://host.test/a.gguf', 'address-invalid'],
  ['http://localhost.host.test/a.gguf', 'address-invalid'],
  ['ftp://host.test/a.gguf', 'address-invalid'],
  ['file:///a.gguf', 'address-invalid'],
  ['javascript:alert(1)//a.gguf', 'address-invalid'],
  ['https://user:secret@host.test/a.gguf', 'address-invalid'],
  ['https://host.test/a.zip', 'address-invalid'],
  ['https://host.test/a.gguf#sha256=12', 'address-invalid'],
  ['https://huggingface.co/o', 'address-invalid'],
  ['https://huggingface.co/o/n/discussions/1', 'address-invalid'],
  ['https://huggingface.co/o/n/resolve/main/README.md', 'address-invalid'],
  ['https://huggingface.co/%2e%2e/n/resolve/main/a.gguf', 'address-invalid'],
  [`https://host.test/${'a'.repeat(3000)}.gguf`, 'address-invalid'],
  ['https://host.test/a-00001-of-00003.gguf', 'model-split'],
  ['https://huggingface.co/o/n/blob/main/q/a-00002-of-00002.gguf', 'model-split'],
])('%s is refused', (text, code) => {
  expect(read(text)).toBe(code);
});

test('an address with a commit stays what it is when read again', () => {
  const url = hubFileUrl('o/n', 'c0ffee', 'folder #1/b c.gguf');
  expect(url.href).toBe('https://huggingface.co/o/n/resolve/c0ffee/folder%20%231/b%20c.gguf');
  expect(read(url.href)).toEqual(hub({ revision: 'c0ffee', path: 'folder #1/b c.gguf' }));
});

test('the vision part is known by its file’s name, not by its folder’s', () => {
  expect(isVisionName('x/mmproj-model-f16.gguf')).toBe(true);
  expect(isVisionName('mmproj/model.gguf')).toBe(false);
});
