import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRemoteModels } from '../../../../src/adapters/browser/remote-models';
import { systemClock } from '../../../../src/adapters/system-clock';
import type { ModelOffer, RemoteFile, RemoteModels } from '../../../../src/domain/remote-model';
import type { Result } from '../../../../src/domain/result';
import { arrayKey, ggufFile, pairKeys, pairTensors, str } from '../../../fakes/gguf';
import { RangeServer } from '../../../fakes/range-server';

const payload = join(import.meta.dirname, '../../../../device-payload/tiny-vlm');
const bytes = (name: string) => new Uint8Array(readFileSync(join(payload, name)));
const LANGUAGE = bytes('language.gguf');
const VISION = bytes('vision.gguf');
const known = JSON.parse(readFileSync(join(payload, 'manifest.json'), 'utf8')) as {
  files: { role: string; sha256: string }[];
};
const shaOf = (role: string) => known.files.find((file) => file.role === role)?.sha256 ?? '';
const never = new AbortController().signal;
const COMMIT = 'c0ffee'.padEnd(40, '0');
const API = '/api/models/o/n/revision/main?blobs=true';
const file = (name: string) => `/o/n/resolve/${COMMIT}/${name}`;

let server: RangeServer;
let base: URL;
let models: RemoteModels;
beforeEach(async () => {
  server = new RangeServer();
  base = await server.start();
  server.files.set('/lm.gguf', LANGUAGE).set('/mm.gguf', VISION);
  server.files.set(file('tiny-Q8_0.gguf'), LANGUAGE).set(file('mmproj-tiny-Q8_0.gguf'), VISION);
  // Hugging Face's part is played by the same local server.
  models = createRemoteModels({
    fetch: (url, init) => fetch(new URL(url.pathname + url.search, base), init),
    clock: systemClock,
  });
});
afterEach(() => server.stop());

const hub = (siblings: readonly object[], more: object = {}) =>
  server.files.set(
    API,
    new TextEncoder().encode(JSON.stringify({ sha: COMMIT, siblings, gated: false, ...more })),
  );
const sibling = (rfilename: string, role?: string, size?: number) => ({
  ...{ rfilename, size: size ?? (role === 'vision' ? VISION : LANGUAGE).length },
  lfs: role ? { sha256: shaOf(role), size: 1, pointerSize: 1 } : null,
});
const local = (name: string) => new URL(name, base).href;

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.detail}`);
  return result.value;
}
const failureOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.failure);

/** Lists and looks at the pair that is chosen. */
async function look(language: string, vision = ''): Promise<Result<ModelOffer>> {
  const listing = await models.list(language, vision, never);
  if (!listing.ok) return listing;
  const { chosen, licence } = listing.value;
  if (!chosen.vision) throw new Error('no mmproj was found');
  return models.inspect({ language: chosen.language, vision: chosen.vision, licence }, never);
}

test('two plain addresses: looked at by a few bytes, then hashed and told to be unchecked', async () => {
  const offer = value(await look(local('lm.gguf'), local('mm.gguf')));
  expect(offer).toMatchObject({
    language: { name: 'lm.gguf', bytes: LANGUAGE.length, sha256: undefined },
    vision: { bytes: VISION.length },
    facts: { parameters: 1_707_776, quantisation: 'Q8_0' },
  });
  let read = 0;
  const source = value(await models.source(offer, (done) => (read = done), never));
  expect(read).toBe(LANGUAGE.length + VISION.length);
  const { files, origin, requires } = source.manifest;
  expect(files.map(({ sha256 }) => sha256)).toEqual([shaOf('language'), shaOf('vision')]);
  expect(origin).toContain('not checked against anything');
  expect(requires.memoryBytes).toBe(offer.facts.memory.totalBytes);
  const [first] = files;
  const opened = first && value(await source.open(first, never, 900_000));
  const rest = Buffer.from(
    await new Response(opened as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  expect(rest.equals(LANGUAGE.slice(900_000))).toBe(true);
});

test('a link that says what the files must be: nothing is read but their heads', async () => {
  const asks = server.asked.length;
  const offer = value(
    await look(
      `${local('lm.gguf')}#sha256=${shaOf('language')}`,
      `${local('mm.gguf')}#sha256=${shaOf('vision')}`,
    ),
  );
  const source = value(await models.source(offer, () => expect.unreachable(), never));
  expect(source.manifest.files[0]).toMatchObject({
    sha256: shaOf('language'),
    url: local('lm.gguf'),
  });
  expect(source.manifest.origin).not.toContain('not checked');
  expect(server.asked.slice(asks).map(({ range }) => range)).toEqual([
    'bytes=0-1048575',
    'bytes=0-1048575',
  ]);
});

test('a repository: its files at one commit, with the hub’s hashes, the best pair first', async () => {
  hub(
    [
      sibling('README.md'),
      sibling('tiny-F16.gguf', 'language'),
      sibling('tiny-Q8_0.gguf', 'language'),
      sibling('tiny-Q4_K_M-00001-of-00002.gguf', 'language'),
      sibling('mmproj-other-Q8_0.gguf', 'vision'),
      sibling('mmproj-tiny-F16.gguf', 'vision'),
      sibling('mmproj-tiny-Q8_0.gguf', 'vision'),
    ],
    { cardData: { license: 'apache-2.0' } },
  );
  const listing = value(await models.list('o/n', '', never));
  const names = (files: readonly RemoteFile[]) => files.map(({ name }) => name);
  expect(names(listing.language)).toEqual(['tiny-Q8_0.gguf', 'tiny-F16.gguf']);
  expect(names(listing.vision)).toEqual([
    ...['mmproj-tiny-Q8_0.gguf', 'mmproj-tiny-F16.gguf', 'mmproj-other-Q8_0.gguf'],
  ]);
  const offer = value(await look('https://huggingface.co/o/n'));
  expect(offer).toMatchObject({
    licence: 'apache-2.0',
    language: {
      url: `https://huggingface.co${file('tiny-Q8_0.gguf')}`,
      sha256: shaOf('language'),
      saidBy: 'hub',
    },
  });
});

test('a file of a repository brings the mmproj that lies beside it', async () => {
  hub([sibling('tiny-Q8_0.gguf', 'language'), sibling('mmproj-tiny-Q8_0.gguf', 'vision')]);
  const offer = value(await look('https://huggingface.co/o/n/blob/main/tiny-Q8_0.gguf'));
  expect(offer.vision).toMatchObject({ name: 'mmproj-tiny-Q8_0.gguf', saidBy: 'hub' });
});

test('a repository without an mmproj offers none', async () => {
  hub([sibling('tiny-Q8_0.gguf', 'language')]);
  expect(value(await models.list('o/n', '', never)).chosen.vision).toBeUndefined();
});

test.each<[string, () => void, string, string, RegExp]>([
  ['a gated repository', () => hub([], { gated: 'manual' }), 'o/n', 'address-refused', /gated/],
  ['no such repository', () => undefined, 'o/n', 'address-refused', /404/],
  ['no model in it', () => hub([sibling('README.md')]), 'o/n', 'model-invalid', /no \.gguf/],
  [
    'only parts in it',
    () => hub([sibling('a-00001-of-00002.gguf')]),
    'o/n',
    'model-split',
    /split/,
  ],
  ['only an mmproj in it', () => hub([sibling('mmproj-a.gguf')]), 'o/n', 'model-swapped', /mmproj/],
  ['nonsense from the hub', () => hub([], { sha: '../..' }), 'o/n', 'bundle-unreachable', /sha/],
  [
    'no such file',
    () => hub([sibling('a.gguf')]),
    'https://huggingface.co/o/n/blob/main/b.gguf',
    'address-refused',
    /b\.gguf/,
  ],
  [
    'another hash than the link’s',
    () => hub([sibling('a.gguf', 'language')]),
    `https://huggingface.co/o/n/blob/main/a.gguf#sha256=${'0'.repeat(64)}`,
    'hash-mismatch',
    /link says 0+, Hugging Face/,
  ],
  ['no address', () => undefined, 'what?', 'address-invalid', /what/],
])('%s is refused', async (_, prepare, address, code, detail) => {
  prepare();
  expect(failureOf(await models.list(address, '', never))).toMatchObject({ code, detail });
});

test('a file that is cut off is refused before anything is sent', async () => {
  server.files.set('/lm.gguf', LANGUAGE.slice(0, 500_000));
  expect(failureOf(await look(local('lm.gguf'), local('mm.gguf')))).toMatchObject({
    code: 'model-truncated',
    detail: 'lm.gguf: 500000 bytes, but its header describes 976160',
  });
});

test('a repository whose file has another size than the hub says', async () => {
  hub([sibling('tiny-Q8_0.gguf', 'language', 999), sibling('mmproj-tiny-Q8_0.gguf', 'vision')]);
  expect(failureOf(await look('o/n'))).toMatchObject({ code: 'size-mismatch' });
});

test('a sign-in page, a picture, and a swapped pair', async () => {
  server.faults = ['login'];
  const pair = () => look(local('lm.gguf'), local('mm.gguf'));
  expect(failureOf(await pair())).toMatchObject({ code: 'address-web-page' });
  server.files.set('/lm.gguf', new TextEncoder().encode('PNG, or so, but no model at all'));
  expect(failureOf(await pair())).toMatchObject({ code: 'model-invalid', detail: /lm\.gguf/ });
  server.files.set('/lm.gguf', LANGUAGE);
  expect(failureOf(await look(local('mm.gguf'), local('lm.gguf')))).toMatchObject({
    code: 'model-swapped',
  });
});

test('a header of several megabytes is read by pieces, and no more of the file than that', async () => {
  const words = Array.from({ length: 150_000 }, (_, i) => str(`word number ${i}`));
  const merges = arrayKey(
    'tokenizer.ggml.merges',
    8,
    BigInt(words.length),
    new Uint8Array(Buffer.concat(words)),
  );
  const big = ggufFile([...pairKeys.language, merges], pairTensors.language, 40 << 20);
  server.files.set('/lm.gguf', big);
  server.files.set('/mm.gguf', ggufFile(pairKeys.vision, pairTensors.vision, 4096));
  for (const fault of ['none', 'no-range', 'silent'] as const) {
    server.sentBytes = 0;
    server.asked.length = 0;
    server.faults = fault === 'silent' ? ['silent', 'none', 'silent'] : [fault, fault, fault];
    const offer = value(await look(local('lm.gguf'), local('mm.gguf')));
    expect(offer.language.bytes).toBe(big.length);
    if (fault === 'none') expect(server.sentBytes).toBeLessThan(9 << 20);
  }
});

test('stopping in the middle of a head', async () => {
  expect(failureOf(await models.list('o/n', '', AbortSignal.abort()))).toEqual({
    code: 'cancelled',
  });
});
