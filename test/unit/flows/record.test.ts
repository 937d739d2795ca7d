import { expect, test } from 'vitest';
import { parseManifest, type Manifest } from '../../../src/domain/bundle';
import type { PreparedInput } from '../../../src/domain/prepare';
import { fromFragment, toFragment } from '../../../src/domain/recipe';
import { record } from '../../../src/flows/record';

const SHA = 'a'.repeat(64);

/** A model whose two files have these addresses. */
function model(...urls: readonly string[]): Manifest {
  const parsed = parseManifest({
    ...{ schema: 'plugsight-bundle/1', id: 'linked-model', version: '1', title: 'x' },
    ...{ kind: 'model', licence: 'MIT', pipelines: ['llama-runner'] },
    model: { input: { family: 'fit-png', params: {} }, context: 512 },
    files: urls.map((url, i) => ({
      ...{ path: `${i}.gguf`, role: i ? 'vision' : 'language', url, bytes: 1, sha256: SHA },
    })),
  });
  if (!parsed.ok) throw new Error(parsed.failure.detail);
  return parsed.value;
}

/** The recipe of a run with a model of these addresses. */
function recipeOf(...urls: readonly string[]) {
  const manifest = model(...urls);
  const installed = { manifest, dir: '/x', files: manifest.files };
  const input = {
    recipe: { family: 'fit-png', params: {} },
    source: { sha256: SHA, width: 1, height: 1 },
    outputs: [{ sha256: SHA, name: 'image.png' }],
  } as unknown as PreparedInput;
  return record({
    ...{ app: 'x', pipeline: 'llama-runner', runner: installed, model: installed },
    ...{
      picture: { kind: 'own' },
      input,
      earlier: [],
      prompt: 'why',
      options: {},
      device: undefined,
    },
    ran: undefined,
  });
}

test('addresses of a model’s own go into the link, and come out of it', async () => {
  const urls = ['https://host.test/lm.gguf', 'https://host.test/mm.gguf'];
  const recipe = await recipeOf(...urls);
  expect(recipe.model.from?.map(({ role, url }) => `${role} ${url}`)).toEqual([
    ...['language https://host.test/lm.gguf', 'vision https://host.test/mm.gguf'],
  ]);
  expect(await fromFragment(await toFragment(recipe))).toEqual({ ok: true, value: recipe });
});

test.each([
  ['files beside a manifest', 'language.gguf'],
  ['an address that may hold a key', 'https://host.test/lm.gguf?token=secret'],
  ['another kind of file', 'https://host.test/model.pte'],
])('%s: not in the link', async (_, url) => {
  const recipe = await recipeOf(url);
  expect(recipe.model.from).toBeUndefined();
  expect(JSON.stringify(recipe)).not.toContain('secret');
});
