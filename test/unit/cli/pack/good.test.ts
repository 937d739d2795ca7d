import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../../../src/domain/bundle';
import { readPackOptions } from '../../../../src/cli/pack/options';
import { plan } from '../../../../src/cli/pack/plan';
import { RECIPES } from '../../../../src/cli/pack/recipes';
import { readSources } from '../../../../src/cli/pack/sources';
import { verify } from '../../../../src/cli/pack/verify';
import { checkSpace, writeBundle } from '../../../../src/cli/pack/write';
import { Folder, GOOD, VERSION } from '../../../fakes/sdks';

/** Packs both parts of a recipe from a folder, as `payload pack` does. */
async function pack(recipe: string, folder: Folder, extra: readonly string[] = []) {
  const to = folder.path('out');
  const args = [recipe, '--from', folder.root, '--to', to, ...(GOOD[recipe]?.args ?? []), ...extra];
  const options = await readPackOptions(args);
  const sources = await readSources(options.folders);
  const made: Partial<Record<'runner' | 'model', Manifest>> = {};
  for (const part of ['runner', 'model'] as const) {
    const planned = await plan(options.recipe[part], sources, options.wishes);
    expect(planned.findings.filter(({ level }) => level === 'refusal')).toEqual([]);
    const job = { recipe, plan: planned, labels: options.labels, wishes: options.wishes };
    const written = await writeBundle({ ...job, into: to, force: false, onFile: () => undefined });
    made[part] = written.manifest;
    const checked = await verify(written.dir);
    expect(checked.findings.filter(({ level }) => level === 'refusal')).toEqual([]);
    expect(await readdir(to)).not.toContainEqual(expect.stringMatching(/^\.packing/));
  }
  return { runner: made.runner!, model: made.model! };
}

const paths = ({ files }: Manifest) => files.map(({ path }) => path);

test('every pipeline with a recipe has a good folder here', () => {
  expect(Object.keys(GOOD).sort()).toEqual(Object.keys(RECIPES).sort());
});

test('omniinfer: both programs, libraries that they need, the pair for the chip', async () => {
  await using folder = await Folder.of(GOOD['omniinfer']!.tree);
  const { runner, model } = await pack('omniinfer', folder);
  expect(paths(runner)).toEqual([
    ...['llama-mtmd-cli', 'libhtp_ops.so', 'libhtp_ops_skel.so', 'qnn_llama_runner'],
    ...['libqnn_executorch_backend.so', 'libQnnHtp.so', 'libQnnSystem.so', 'libQnnHtpPrepare.so'],
    ...['libQnnHtpV75Stub.so', 'libQnnHtpV75Skel.so', 'libllama.so', 'libc++_shared.so'],
  ]);
  expect(runner).toMatchObject({
    ...{ id: 'omniinfer', kind: 'runner', pipelines: ['omniinfer'] },
    ...{ sdk: { name: 'qairt', version: VERSION }, requires: { htpArch: ['v75'] } },
    facts: { kvUpdater: true },
  });
  const role = (path: string) => runner.files.find((file) => file.path === path);
  expect(role('llama-mtmd-cli')).toMatchObject({ role: 'vision-runner', mode: '755' });
  expect(role('libQnnHtpV75Skel.so')).toMatchObject({ role: 'skel', mode: '644', htpArch: 'v75' });
  expect(model).toMatchObject({
    requires: { soc: ['SM8650'], htpArch: ['v75'] },
    model: { input: { family: 'qwen-png' }, context: 2048 },
    files: [{ role: 'language' }, { role: 'vision' }, { role: 'decoder' }, { role: 'tokenizer' }],
  });
});

test('qnn-multimodal: generation, model and sizes are read from the files', async () => {
  await using folder = await Folder.of(GOOD['qnn-multimodal']!.tree);
  const { runner, model } = await pack('qnn-multimodal', folder);
  expect(runner.facts).toEqual({ generation: 'B2', sharedBuffer: true });
  expect(model).toMatchObject({
    ...{ title: 'SmolVLM 500M (QNN)', requires: { soc: ['SM8650'], htpArch: ['v75'] } },
    facts: {
      ...{ decoderModelVersion: 'smolvlm', imageTokens: 64, imageSize: 512, evalMode: 1 },
      ...{ width: 960, imageDtype: 'float32', imageLayout: 'CHW' },
    },
    model: { input: { family: 'smolvlm-512' }, context: 1024 },
  });
});

test('fastvlm: the vision output’s scale comes from the context utility’s JSON', async () => {
  await using folder = await Folder.of(GOOD['fastvlm']!.tree);
  const { runner, model } = await pack('fastvlm', folder, ['--fact', 'note=mine']);
  expect(runner.facts).toEqual({ cpuDecoder: true, note: 'mine' });
  expect(runner.files.filter(({ htpArch }) => htpArch === 'v79')).toHaveLength(2);
  expect(model.facts).toMatchObject({
    ...{ imageDtype: 'uint8', imageLayout: 'HWC', rowsScale: 0.25, rowsOffset: -128 },
    ...{ lutDtype: 'float16', width: 896 },
  });
  expect(model.model?.input.family).toBe('fastvlm-u8');
  expect(model.files.filter(({ role }) => role === 'decoder')).toMatchObject([
    { path: 'fastvlm_full.bin' },
    { path: 'cpu_decoder.bin', facts: { backend: 'cpu' } },
  ]);
});

test('llava: a program and a model for the CPU, for any chip', async () => {
  await using folder = await Folder.of(GOOD['llava']!.tree);
  const { runner, model } = await pack('llava', folder);
  expect([...paths(runner), ...paths(model)]).toEqual(['llava_main', 'llava.pte', 'tokenizer.bin']);
  expect(model.requires).toEqual({ memoryBytes: 5 * 2 ** 30 });
});

test('llama-mtmd: bin and lib as upstream lays them out; without --arch it is for the CPU', async () => {
  await using folder = await Folder.of(GOOD['llama-mtmd']!.tree);
  const { runner } = await pack('llama-mtmd', folder);
  expect(paths(runner)).toEqual([
    ...['bin/llama-mtmd-cli', 'lib/libggml-hexagon.so', 'lib/libggml-htp-v75.so'],
    ...['lib/libggml-cpu-android_armv8.2_1.so', 'lib/libmtmd.so', 'lib/libggml.so'],
  ]);
  expect(runner.facts).toEqual({ jsonLines: true });
  const sources = await readSources([folder.path('pkg-snapdragon')]);
  const wishes = { socs: [], archs: [], sdk: undefined, named: new Map(), facts: {} };
  const cpu = await plan(RECIPES['llama-mtmd']!.runner, sources, wishes);
  expect(cpu.findings.filter(({ level }) => level === 'refusal')).toEqual([]);
  expect(cpu.files.some(({ path }) => /hexagon|htp/.test(path))).toBe(false);
});

test('etqnn: a program that is called like a library', async () => {
  await using folder = await Folder.of(GOOD['etqnn']!.tree);
  const { runner, model } = await pack('etqnn', folder);
  expect(runner.files[0]).toMatchObject({
    path: 'libetqnn_runner.so',
    role: 'runner',
    mode: '755',
  });
  expect(model.facts).toMatchObject({ text: true, evalMode: 1 });
});

test('a bundle is never replaced without --force, and then as a whole', async () => {
  await using folder = await Folder.of(GOOD['llava']!.tree);
  const first = await pack('llava', folder);
  await expect(pack('llava', folder)).rejects.toThrow(/is there already; --force/);
  await folder.add({ 'out/llava/stale.txt': 'old' });
  const options = await readPackOptions([
    'llava',
    '--from',
    folder.path('et'),
    '--to',
    folder.path('out'),
  ]);
  const planned = await plan(
    options.recipe.runner,
    await readSources(options.folders),
    options.wishes,
  );
  const job = { recipe: 'llava', plan: planned, labels: {}, wishes: options.wishes };
  const again = await writeBundle({
    ...{ ...job, into: folder.path('out'), force: true, onFile: () => undefined },
  });
  expect(again.manifest.version).toBe(first.runner.version);
  expect(await readdir(again.dir)).toEqual(['HOSTING.txt', 'llava_main', 'manifest.json']);
  expect(await readFile(join(again.dir, 'HOSTING.txt'), 'utf8')).toMatch(
    /Access-Control-Allow-Origin/,
  );
  expect((await stat(again.dir)).isDirectory()).toBe(true);
});

test('a disk that is too small is said before anything is written', async () => {
  await using folder = await Folder.of(GOOD['llava']!.tree);
  const options = await readPackOptions([
    'llava',
    '--from',
    folder.root,
    '--to',
    folder.path('x/y'),
  ]);
  const planned = await plan(
    options.recipe.model,
    await readSources(options.folders),
    options.wishes,
  );
  const [file] = planned.files;
  const huge = { ...file!, source: { ...file!.source, bytes: 2 ** 52 } };
  await expect(checkSpace(options.into, [huge])).rejects.toThrow(/x\/y has .* MB free; .* needed/);
  await expect(checkSpace(options.into, planned.files)).resolves.toBeUndefined();
  expect(await readdir(folder.root)).not.toContain('x');
});
