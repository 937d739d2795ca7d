import { expect, test } from 'vitest';
import * as v from 'valibot';
import { parseManifest, type Manifest } from '../../../src/domain/bundle';
import type { InstalledBundle } from '../../../src/domain/pipeline';
import { RunnerRequestSchema } from '../../../src/domain/runner-protocol';
import { PIPELINES } from '../../../src/pipelines';
import { llamaRunner } from '../../../src/pipelines/llama-runner';
import runnerManifest from '../../../device-payload/llama-runner/manifest.json';
import modelManifest from '../../../device-payload/tiny-vlm/manifest.json';

function installed(json: unknown): InstalledBundle {
  const parsed = parseManifest(json);
  if (!parsed.ok) throw new Error(parsed.failure.detail);
  const manifest: Manifest = parsed.value;
  return { manifest, dir: `/phone/${manifest.id}`, files: manifest.files };
}
const setup = {
  ...{ runner: installed(runnerManifest), model: installed(modelManifest) },
  ...{ options: {}, bigCores: 3, env: {} },
};

test('the bundled manifests are valid and name the pipeline that uses them', () => {
  const { runner, model } = PIPELINES['llama-runner'];
  expect(setup.runner.manifest).toMatchObject({ id: runner, kind: 'runner' });
  expect(setup.model.manifest).toMatchObject({ id: model, kind: 'model' });
});

test('the command names the stored files and the model’s own threads, else the big cores', () => {
  const { argv, cwd } = llamaRunner.command(setup);
  const [language, vision] = ['language', 'vision'].map(
    (role) => setup.model.files.find((file) => file.role === role)?.sha256,
  );
  const files = '/data/local/tmp/plugsight/files';
  expect(argv.slice(0, 5)).toEqual([
    '/phone/llama-runner/llama-runner',
    ...['--model', `${files}/${language}`, '--mmproj', `${files}/${vision}`],
  ]);
  expect(cwd).toBe('/phone/llama-runner');
  const { model } = setup.model.manifest;
  if (!model) throw new Error('the tiny model has facts');
  const free = { ...model };
  delete free.threads;
  const freely = { ...setup.model, manifest: { ...setup.model.manifest, model: free } };
  const count = ({ argv: all }: { argv: readonly string[] }) => all[all.indexOf('--threads') + 1];
  expect(count(llamaRunner.command({ ...setup, model: freely }))).toBe('3');
});

test('every request is one line of the protocol, whatever the prompt holds', () => {
  const prompt = 'a "b" $(c)\n`d`\\ \u2028 🙂 \ud800';
  const initial = Object.fromEntries(
    Object.entries(llamaRunner.options).map(([name, option]) => [name, option.initial]),
  );
  const lines = [
    llamaRunner.request({ id: 7, imagePath: '/x.png', prompt, options: initial }),
    llamaRunner.cancel(7),
    llamaRunner.quit,
  ];
  for (const line of lines) {
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(v.safeParse(RunnerRequestSchema, JSON.parse(line)).success).toBe(true);
  }
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ request: 7, prompt, temperature: 0 });
});
