import { expect, test } from 'vitest';
import type { PairFacts } from '../../../src/domain/model-check';
import type {
  Listing,
  ModelOffer,
  RemoteFile,
  RemoteModels,
} from '../../../src/domain/remote-model';
import { parseModelAddress } from '../../../src/domain/model-address';
import { fail, ok } from '../../../src/domain/result';
import { CURATED } from '../../../src/ui/curated-models';
import { ModelLink, refusalFor, uncheckedBytes } from '../../../src/ui/model-link.svelte';
import { FakeClock } from '../../fakes/clock';

const file = (name: string, more: Partial<RemoteFile> = {}): RemoteFile => ({
  ...{ url: `https://host.test/${name}`, name, bytes: 1000, sha256: undefined, saidBy: undefined },
  ...more,
});
const LISTING: Listing = {
  language: [file('a.gguf'), file('b.gguf')],
  vision: [file('mmproj-a.gguf')],
  chosen: { language: file('a.gguf'), vision: file('mmproj-a.gguf') },
  licence: 'mit',
};
const facts = { memory: { totalBytes: 5000 } } as PairFacts;
const offerOf = (language: RemoteFile, vision: RemoteFile): ModelOffer => ({
  ...{ facts, licence: undefined },
  language: { ...language, bytes: 1000 },
  vision: { ...vision, bytes: 1000 },
});

/** Answers as told and notes what was asked. */
class FakeModels implements RemoteModels {
  readonly asked: string[] = [];
  listing: () => ReturnType<RemoteModels['list']> = async () => ok(LISTING);
  list: RemoteModels['list'] = (language, vision) => {
    this.asked.push(`list ${language} ${vision}`);
    return this.listing();
  };
  inspect: RemoteModels['inspect'] = async ({ language, vision }) => {
    this.asked.push(`inspect ${language.name} ${vision.name}`);
    return ok(offerOf(language, vision));
  };
  source: RemoteModels['source'] = async (_, onBytes) => {
    onBytes(1000);
    onBytes(2000);
    return fail('hash-mismatch');
  };
}
const setUp = () => {
  const models = new FakeModels();
  return { models, link: new ModelLink({ models, clock: new FakeClock() }) };
};

test('a list or a link fills the form, and asks nobody anything', () => {
  const { models, link } = setUp();
  const [first] = CURATED;
  if (first) link.fill(first);
  expect(link.language).toContain('#sha256=');
  link.fillFrom([
    { role: 'vision', url: 'https://host.test/mm.gguf', sha256: 'b'.repeat(64) },
    { role: 'language', url: 'https://host.test/lm.gguf', sha256: 'a'.repeat(64) },
  ]);
  expect(link.language).toBe(`https://host.test/lm.gguf#sha256=${'a'.repeat(64)}`);
  expect(link.vision).toBe(`https://host.test/mm.gguf#sha256=${'b'.repeat(64)}`);
  link.fillFrom(undefined);
  expect(link.language).toContain('lm.gguf');
  expect(models.asked).toEqual([]);
});

test('looking lists, chooses and reads; another choice reads again', async () => {
  const { models, link } = setUp();
  link.language = 'o/n';
  await link.find();
  expect(link.look).toMatchObject({ is: 'done', value: { language: { name: 'a.gguf' } } });
  link.chosen.language = 'b.gguf';
  await link.inspect();
  expect(models.asked).toEqual([
    ...['list o/n ', 'inspect a.gguf mmproj-a.gguf', 'inspect b.gguf mmproj-a.gguf'],
  ]);
});

test('no mmproj beside it is told, with the way out', async () => {
  const { models, link } = setUp();
  models.listing = async () =>
    ok({ ...LISTING, vision: [], chosen: { language: file('a.gguf'), vision: undefined } });
  await link.find();
  expect(link.look).toMatchObject({
    is: 'failed',
    failure: { code: 'model-no-vision', detail: /paste its address/ },
  });
});

test('a late answer to what was asked before is dropped', async () => {
  const { models, link } = setUp();
  let answer = (_: Awaited<ReturnType<RemoteModels['list']>>) => {};
  models.listing = () => new Promise((resolve) => (answer = resolve));
  const finding = link.find();
  link.forget();
  answer(ok(LISTING));
  await finding;
  expect(link.look.is).toBe('idle');
  expect(link.listing).toBeUndefined();
  expect(models.asked).toHaveLength(1);
});

test('taking ends in the bundle or in why not', async () => {
  const { link } = setUp();
  expect(await link.take()).toMatchObject({ failure: { code: 'cancelled' } });
  await link.find();
  expect(await link.take()).toMatchObject({ ok: false });
  expect(link.taking).toMatchObject({ is: 'failed', failure: { code: 'hash-mismatch' } });
});

test('only what nobody vouches for is read twice', () => {
  const sure = file('s', { sha256: 'a'.repeat(64), saidBy: 'hub' });
  expect(uncheckedBytes(offerOf(file('x'), sure))).toBe(1000);
  expect(uncheckedBytes(offerOf(sure, sure))).toBe(0);
});

test.each([
  ['a phone that says nothing', {}, 0, undefined],
  ['room for both', { memoryFreeBytes: 5000, storageFreeBytes: 40e6 }, 0, undefined],
  ['too little memory', { memoryFreeBytes: 4999, storageFreeBytes: 40e6 }, 0, 'memory-low'],
  ['too little storage', { memoryFreeBytes: 5000, storageFreeBytes: 33e6 }, 0, 'space-low'],
  ['little storage, but it may lie there', { storageFreeBytes: 33.6e6 }, 2000, undefined],
])(
  '%s',
  (
    _,
    {
      memoryFreeBytes,
      storageFreeBytes,
    }: Partial<Record<'memoryFreeBytes' | 'storageFreeBytes', number>>,
    used,
    code,
  ) => {
    const phone = { memoryFreeBytes, storageFreeBytes };
    expect(refusalFor(offerOf(file('x'), file('y')), phone, used)?.code).toBe(code);
  },
);

test('the list names files that this page can address, one version for good where it is known', () => {
  expect(CURATED.length).toBeGreaterThan(3);
  for (const { language, vision } of CURATED)
    for (const { url, bytes, sha256 } of [language, vision]) {
      const address = parseModelAddress(url);
      expect(address).toMatchObject({ ok: true, value: { kind: 'hub' } });
      expect(bytes).toBeGreaterThan(50e6);
      if (sha256) expect(url).toMatch(/\/resolve\/[0-9a-f]{40}\//);
      expect(sha256 ?? '0'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
    }
});
