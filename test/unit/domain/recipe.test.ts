import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fromFragment, parseRecipe, toFragment, type Recipe } from '../../../src/domain/recipe';
import { RECIPE } from '../../fakes/recipe';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const realistic: Recipe = {
  ...RECIPE,
  runner: { ...RECIPE.runner, sha256: hash('runner') },
  model: { ...RECIPE.model, sha256: hash('model') },
  input: { ...RECIPE.input, sha256: hash('input') },
};
const link = (content: string | Buffer) => `#r=d1.${deflateSync(content).toString('base64url')}`;
const changed = (change: Record<string, unknown>) => link(JSON.stringify({ ...RECIPE, ...change }));
const code = async (fragment: string) => {
  const result = await fromFragment(fragment);
  return result === undefined ? 'none' : result.ok ? 'ok' : result.failure.code;
};

test('a typical link is short enough for a message', async () => {
  const fragment = await toFragment(realistic);
  console.log(`typical link: ${fragment.length} characters`);
  expect(fragment.length).toBeLessThan(800);
});

test('another fragment is none of ours', async () => {
  for (const fragment of ['', '#', '#about', '#r', '#run=d1.x'])
    expect(await code(fragment)).toBe('none');
});

test('a link cut off anywhere is damaged, never half read', async () => {
  const fragment = await toFragment(realistic);
  for (let length = '#r='.length; length < fragment.length; length++)
    expect(await code(fragment.slice(0, length)), `${length} characters`).toBe('link-damaged');
});

test.each([
  ['a codec from the future', '#r=z9.abc', 'link-newer'],
  ['no codec', '#r=.abc', 'link-damaged'],
  ['a codec in capitals', '#r=D1.abc', 'link-damaged'],
  ['characters of no link', '#r=d1.a b', 'link-damaged'],
  ['nothing packed', '#r=d1.', 'link-damaged'],
  ['no JSON', link('hello'), 'link-damaged'],
  ['no text', link(Buffer.from([0xff, 0xfe])), 'link-damaged'],
  ['another shape', link('[1]'), 'link-damaged'],
  ['null', link('null'), 'link-damaged'],
  ['a version from the future', changed({ v: 2 }), 'link-newer'],
  ['a future version with other fields', link('{"v":3}'), 'link-newer'],
])('%s: %s', async (_, fragment, expected) => {
  expect(await code(fragment)).toBe(expected);
});

test('a link of 5 MB is refused before it is unpacked', async () => {
  const huge = `#r=d1.${'A'.repeat(5_000_000)}`;
  const started = performance.now();
  expect(await code(huge)).toBe('link-too-large');
  expect(performance.now() - started).toBeLessThan(200);
});

test('a bomb is stopped at 64 KiB', async () => {
  const bomb = link(JSON.stringify({ ...RECIPE, prompt: 'a'.repeat(50_000_000) }));
  expect(bomb.length).toBeLessThan(90_000);
  const before = process.memoryUsage().arrayBuffers;
  expect(await code(bomb)).toBe('link-too-large');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
});

test('unknown fields are dropped, also inside', async () => {
  const odd = changed({ later: 1, model: { ...RECIPE.model, url: 'https://evil.example' } });
  expect(await fromFragment(odd)).toEqual({ ok: true, value: RECIPE });
});

const own = { kind: 'own', sha256: hash('x'), width: 1, height: 1 };
test.each<[string, Record<string, unknown>]>([
  ['app', { app: 'x'.repeat(41) }],
  ['pipeline', { pipeline: '../x' }],
  ['runner.id', { runner: { ...RECIPE.runner, id: '' } }],
  ['runner.sha256', { runner: { ...RECIPE.runner, sha256: 'A'.repeat(64) } }],
  ['model.version', { model: { ...RECIPE.model, version: 'x'.repeat(65) } }],
  ['image.kind', { image: { kind: 'url', url: 'https://evil.example' } }],
  ['image.id', { image: { kind: 'sample', id: 'a/b' } }],
  ['image.width', { image: { ...own, width: 0 } }],
  ['image.height', { image: { ...own, height: 1.5 } }],
  ['image.height', { image: { ...own, height: 1e300 } }],
  ['input.params', { input: { ...RECIPE.input, params: { a: null } } }],
  ['input.params.a', { input: { ...RECIPE.input, params: { a: 'x'.repeat(201) } } }],
  ['prompt', { prompt: '' }],
  ['prompt', { prompt: 'x'.repeat(8001) }],
  ['options.seed', { options: { seed: '0' } }],
  ['options', { options: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`o${i}`, 1])) }],
  ['device.simulated', { device: { class: 'x', simulated: 'no' } }],
])('a wrong %s is named: %j', (field, change) => {
  const result = parseRecipe({ ...RECIPE, ...change });
  expect(result).toMatchObject({ ok: false, failure: { code: 'link-damaged' } });
  if (!result.ok) expect(result.failure.detail).toContain(field);
});

test('infinite options are refused', () => {
  const json = JSON.stringify({ ...RECIPE, options: { seed: 1 } }).replace(
    '"seed":1',
    '"seed":1e999',
  );
  expect(parseRecipe(JSON.parse(json)).ok).toBe(false);
});

const FROM = [
  { role: 'language', url: 'https://huggingface.co/o/n/resolve/c0ffee/a.gguf', sha256: hash('lm') },
  { role: 'vision', url: 'https://host.test/mmproj.gguf', sha256: hash('mm') },
] as const;

test('a link says where its model came from', async () => {
  const made: Recipe = { ...realistic, model: { ...realistic.model, from: [...FROM] } };
  const fragment = await toFragment(made);
  expect(fragment.length).toBeLessThan(1100);
  expect(await fromFragment(fragment)).toEqual({ ok: true, value: made });
});

test.each([
  ['an address that nobody may load', [{ ...FROM[0], url: 'javascript:alert(1)//a.gguf' }]],
  ['plain http', [{ ...FROM[0], url: 'http://host.test/a.gguf' }]],
  ['no hash', [{ ...FROM[0], sha256: undefined }]],
  ['a role of tomorrow', [{ ...FROM[0], role: 'hearing' }]],
  ['a long list', Array.from({ length: 5 }, () => FROM[0])],
  ['no list', 'https://host.test/a.gguf'],
])('a source that is %s is dropped, the rest of the link holds', async (_, from) => {
  const read = await fromFragment(changed({ model: { ...RECIPE.model, from } }));
  expect(read).toMatchObject({ ok: true, value: { prompt: RECIPE.prompt } });
  expect(read).toHaveProperty('value.model.from', undefined);
});

test('a run without a picture, and one in a conversation, come out of their links as they went in', async () => {
  const { input, ...rest } = RECIPE;
  expect(parseRecipe({ ...rest, input })).toMatchObject({ ok: true });
  const text: Recipe = { ...rest, image: { kind: 'none' }, earlier: ['What is it?', 'Why?'] };
  expect(await fromFragment(await toFragment(text))).toEqual({ ok: true, value: text });
  expect(await code(changed({ earlier: [] }))).toBe('link-damaged');
  expect(await code(changed({ earlier: Array(21).fill('x') }))).toBe('link-damaged');
});
