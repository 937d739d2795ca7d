import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCatalogue } from '../../../../src/adapters/browser/catalogue';
import { ggufFile, pairKeys, pairTensors, stringKey, u32Key } from '../../../fakes/gguf';

const payload = join(import.meta.dirname, '../../../../device-payload/tiny-vlm');
const bytes = (name: string) => new Uint8Array(readFileSync(join(payload, name)));
const file = (name: string) => new File([bytes(name)], name);
const never = new AbortController().signal;
const local = createCatalogue(new URL('http://localhost/'));
const picked = async (language: File, vision: File, signal = never) => {
  const result = await local.fromFiles(language, vision, signal);
  return result.ok ? result.value : result.failure;
};

test('the tiny model’s files become a bundle with the hashes of its manifest', async () => {
  const result = await local.fromFiles(file('language.gguf'), file('vision.gguf'), never);
  if (!result.ok) throw new Error(result.failure.detail);
  const { manifest } = result.value;
  const known = JSON.parse(bytesText('manifest.json')) as { files: { sha256: string }[] };
  const hashes = manifest.files.map(({ sha256 }) => sha256);
  expect(known.files.map(({ sha256 }) => sha256)).toEqual(expect.arrayContaining(hashes));
  expect(manifest).toMatchObject({ id: 'own-model', kind: 'model', model: { context: 512 } });
  const [first] = manifest.files;
  const opened = first && (await result.value.open(first, never));
  if (!opened?.ok) throw new Error('did not open');
  const streamed = await new Response(
    opened.value as ReadableStream<Uint8Array<ArrayBuffer>>,
  ).bytes();
  expect(Buffer.from(streamed).equals(bytes('language.gguf'))).toBe(true);
});
const bytesText = (name: string) => new TextDecoder().decode(bytes(name));

test('files that are no such pair are refused with the file’s name', async () => {
  const [language, vision] = [file('language.gguf'), file('vision.gguf')];
  const text = new File(['Just a letter to a friend of mine.'], 'letter.txt');
  const empty = new File([], 'empty.gguf');
  const expectRefused = async (lm: File, mm: File, code: string, detail: RegExp) =>
    expect(await picked(lm, mm)).toMatchObject({ code, detail });
  await expectRefused(vision, language, 'model-swapped', /vision\.gguf is an mmproj/);
  await expectRefused(language, language, 'model-no-vision', /language\.gguf .* no vision encoder/);
  await expectRefused(text, vision, 'model-invalid', /letter\.txt.*"Just"/);
  await expectRefused(language, empty, 'model-invalid', /empty\.gguf.*0 bytes/);
  const cut = new File([bytes('language.gguf').slice(0, 500_000)], 'cut.gguf');
  await expectRefused(
    cut,
    vision,
    'model-truncated',
    /cut\.gguf: 500000 bytes, but .* describes 976160/,
  );
});

test('a file that was moved after it was picked', async () => {
  class Gone extends File {
    override slice(): Blob {
      return Object.assign(new Blob(), {
        arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')),
      });
    }
  }
  expect(await picked(new Gone([], 'gone.gguf'), file('vision.gguf'))).toMatchObject({
    code: 'model-invalid',
    detail: /gone\.gguf cannot be read/,
  });
});

test('odd headers of a valid pair still make a valid manifest', async () => {
  const vision = new File([ggufFile(pairKeys.vision.slice(0, 3), pairTensors.vision, 4096)], 'v');
  const odd = ggufFile(
    [
      stringKey('general.architecture', 'llama'),
      stringKey('general.name', '\u0000'.repeat(5000)),
      u32Key('llama.context_length', 2_000_000_000),
    ],
    pairTensors.language,
    256,
  );
  const result = await picked(new File([odd], 'n'.repeat(5000)), vision);
  expect(result).toMatchObject({ manifest: { model: { context: 4096 } } });
});

test('cancelling ends the hashing', async () => {
  const signal = AbortSignal.abort();
  const result = await picked(file('language.gguf'), file('vision.gguf'), signal);
  expect(result).toEqual({ code: 'cancelled' });
});

// --- over HTTP, from a server of the test

let server: Server;
let base: URL;
let serve: (path: string, response: ServerResponse) => void;
beforeEach(async () => {
  server = createServer((request, response) => serve(request.url ?? '', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/bundles/`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const load = async (signal = never) => {
  const result = await createCatalogue(base).load('tiny-vlm', signal);
  return result.ok ? result.value : result.failure;
};
const manifestWith = (url: string) => {
  const manifest = JSON.parse(bytesText('manifest.json')) as {
    files: { url: string; bytes: number }[];
  };
  for (const entry of manifest.files) Object.assign(entry, { url, bytes: 'weights'.length });
  return JSON.stringify(manifest);
};

test('a manifest and its files are loaded from beside each other', async () => {
  const asked: string[] = [];
  serve = (path, response) => {
    asked.push(path);
    response.end(path.endsWith('.json') ? manifestWith('weights.gguf') : 'weights');
  };
  const source = await load();
  if (!('open' in source)) throw new Error(source.detail);
  const [first] = source.manifest.files;
  const opened = first && (await source.open(first, never));
  if (!opened?.ok) throw new Error('did not open');
  expect(await new Response(opened.value as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe(
    'weights',
  );
  expect(asked).toEqual(['/bundles/tiny-vlm/manifest.json', '/bundles/tiny-vlm/weights.gguf']);
});

test.each([
  'data:,x',
  'javascript:1',
  'file:///etc/passwd',
  'http://192.0.2.1/x',
  'https://[',
  'blob:x',
])('the address %s is not read', async (url) => {
  serve = (_, response) => void response.end(manifestWith(url));
  const source = await load();
  if (!('open' in source)) throw new Error(source.detail);
  const [first] = source.manifest.files;
  const opened = first && (await source.open(first, never));
  expect(opened).toMatchObject({ ok: false, failure: { code: 'bundle-unreachable' } });
  expect(opened).toMatchObject({ failure: { detail: /not an address/ } });
});

test.each<[string, (response: ServerResponse) => void, string]>([
  ['no manifest', (r) => void r.writeHead(404).end(), 'bundle-unreachable'],
  ['a page instead of it', (r) => void r.end('<!doctype html>'), 'manifest-invalid'],
  ['an endless one', (r) => void r.end('['.repeat(5_000_000)), 'manifest-invalid'],
  ['an empty one', (r) => void r.end(), 'manifest-invalid'],
  [
    'half of one',
    (r) => void r.writeHead(200, { 'content-length': 99 }).write('{', () => r.destroy()),
    'bundle-unreachable',
  ],
  ['a hung-up line', (r) => void r.destroy(), 'bundle-unreachable'],
])('a server that sends %s', async (_, answer, code) => {
  serve = (__, response) => answer(response);
  expect(await load()).toMatchObject({ code });
});

test('a file that its own server has lost is no question of a licence', async () => {
  serve = (path, response) =>
    void (path.endsWith('.json')
      ? response.end(manifestWith('weights.gguf'))
      : response.writeHead(404).end());
  const source = await load();
  if (!('open' in source)) throw new Error(source.detail);
  const [first] = source.manifest.files;
  expect(first && (await source.open(first, never))).toMatchObject({
    failure: { code: 'bundle-unreachable', detail: /answered 404$/ },
  });
});

test('cancelling in the middle of a manifest', async () => {
  const stop = new AbortController();
  serve = (_, response) => void response.write('{', () => stop.abort());
  expect(await load(stop.signal)).toEqual({ code: 'cancelled' });
});
