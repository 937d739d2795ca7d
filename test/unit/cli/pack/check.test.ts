import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPackOptions } from '../../../../src/cli/pack/options';
import { plan } from '../../../../src/cli/pack/plan';
import { readSources } from '../../../../src/cli/pack/sources';
import { verify } from '../../../../src/cli/pack/verify';
import { writeBundle } from '../../../../src/cli/pack/write';
import type { Manifest } from '../../../../src/domain/bundle';
import { measureFile } from '../../../../src/cli/bundle-files';
import { Folder, GOOD, library, llavaPte, program } from '../../../fakes/sdks';

let folder: Folder;
beforeAll(async () => {
  folder = await Folder.of(GOOD['qnn-multimodal']!.tree);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A fresh bundle of one part in a folder of its own. */
async function packed(part: 'runner' | 'model', name: string): Promise<string> {
  const into = folder.path(`out-${name}`);
  const args = ['qnn-multimodal', '--from', folder.path('qairt'), folder.path('et')];
  const options = await readPackOptions([
    ...[...args, folder.path('model'), '--to', into, '--arch', 'v75', '--part', part],
  ]);
  const sources = await readSources(options.folders);
  const planned = await plan(options.recipe[part], sources, options.wishes);
  const job = { recipe: 'qnn-multimodal', plan: planned, labels: {}, wishes: options.wishes };
  return (await writeBundle({ ...job, into, force: false, onFile: () => undefined })).dir;
}

async function change(dir: string, edit: (manifest: Manifest) => unknown): Promise<void> {
  const path = `${dir}/manifest.json`;
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  await writeFile(path, JSON.stringify(edit(manifest)));
}

/** Puts other bytes in a file's place and makes the manifest say so: only its content is wrong then. */
async function forge(dir: string, path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${dir}/${path}`, bytes);
  const measured = await measureFile(`${dir}/${path}`);
  await change(dir, (manifest) => ({
    ...manifest,
    files: manifest.files.map((file) => (file.path === path ? { ...file, ...measured } : file)),
  }));
}

const refusals = async (dir: string) =>
  (await verify(dir)).findings
    .filter(({ level }) => level === 'refusal')
    .map(({ code, file, problem }) => `${code} ${file.split('/').at(-1)}: ${problem}`);

const WRONG: readonly (readonly [
  what: string,
  part: 'runner' | 'model',
  spoil: (dir: string) => Promise<void>,
  refused: RegExp,
])[] = [
  [
    'one changed byte',
    'model',
    async (dir) => {
      const path = `${dir}/tokenizer.json`;
      await writeFile(path, (await readFile(path, 'utf8')).replace('BPE', 'BPF'));
    },
    /^hash-mismatch tokenizer\.json: has the sha256 [0-9a-f]{64}/,
  ],
  [
    'a file cut off',
    'model',
    (dir) => truncate(`${dir}/hybrid_llama_qnn.pte`, 100),
    /^hash-mismatch hybrid_llama_qnn\.pte: has 100 bytes/,
  ],
  ['a file gone', 'runner', (dir) => rm(`${dir}/libQnnHtp.so`), /^missing-file libQnnHtp\.so/],
  [
    'a path that leads out',
    'runner',
    (dir) =>
      change(dir, ({ files, ...manifest }) => ({
        ...manifest,
        files: files.map((file) => ({ ...file, url: '../../model/tokenizer.json' })),
      })),
    /^outside-folder tokenizer\.json: leads out/,
  ],
  [
    'no skel in the manifest',
    'runner',
    (dir) =>
      change(dir, ({ files, ...manifest }) => ({
        ...manifest,
        files: files.filter(({ role }) => role !== 'skel'),
      })),
    /^missing-skel libQnnHtpV75Skel\.so: is not in the manifest/,
  ],
  [
    'a model of another pipeline, rightly hashed',
    'model',
    (dir) => forge(dir, 'hybrid_llama_qnn.pte', llavaPte),
    /^wrong-pipeline hybrid_llama_qnn\.pte: is LLaVA/,
  ],
  [
    'a program for a PC, rightly hashed',
    'runner',
    (dir) => forge(dir, 'qnn_multimodal_runner', program({ machine: 62 })),
    /^wrong-machine qnn_multimodal_runner: is for x86-64/,
  ],
  [
    'a library that needs another one',
    'runner',
    (dir) => forge(dir, 'libQnnHtp.so', library('libQnnHtp.so', { needed: ['libx.so'] })),
    /^missing-library libQnnHtp\.so: needs libx\.so/,
  ],
  [
    'a manifest of another form',
    'runner',
    (dir) => change(dir, (manifest) => ({ ...manifest, schema: 'other/1' })),
    /^manifest-invalid manifest\.json: schema: /,
  ],
  ['no JSON', 'runner', (dir) => writeFile(`${dir}/manifest.json`, '{'), /^manifest-invalid /],
  ['no manifest', 'runner', (dir) => rm(`${dir}/manifest.json`), /^missing-file manifest\.json/],
];

test.each(WRONG)('check refuses %s', async (what, part, spoil, refused) => {
  const dir = await packed(part, what.replaceAll(' ', '-'));
  expect(await refusals(dir)).toEqual([]);
  await spoil(dir);
  const found = await refusals(dir);
  expect(
    found.find((line) => refused.test(line)),
    found.join('\n'),
  ).toBeDefined();
});

test('a file beside the manifest is a warning: the page never sends it', async () => {
  const dir = await packed('runner', 'extra');
  await writeFile(`${dir}/notes.txt`, 'mine');
  const { findings } = await verify(dir);
  expect(findings).toContainEqual(
    expect.objectContaining({ level: 'warning', code: 'not-listed', file: 'notes.txt' }),
  );
});

test('the bundles that come with the page pass', async () => {
  for (const name of ['tiny-vlm', 'llama-runner'])
    expect(await refusals(`${import.meta.dirname}/../../../../device-payload/${name}`)).toEqual([]);
});
