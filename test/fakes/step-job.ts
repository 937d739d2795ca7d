import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleDir, parseManifest, type Manifest } from '../../src/domain/bundle';
import type { InstalledBundle, Job, RunSetup } from '../../src/domain/pipeline';
import type { PreparedInput } from '../../src/domain/prepare';
import { ok } from '../../src/domain/result';
import type { HostTools } from '../../src/domain/workbench';
import type { FakeDevice } from './device';
import { NO_TOOLS } from './host-tools';

type File = Manifest['files'][number];

/** An installed bundle with these files, by role; `more` goes into its manifest. */
export function installed(
  kind: 'runner' | 'model',
  files: Readonly<Partial<Record<File['role'], string>>>,
  more: Partial<Manifest> = {},
): InstalledBundle {
  const manifest = parseManifest({
    ...{ schema: 'plugsight-bundle/1', id: `a-${kind}`, version: '1', title: `A ${kind}`, kind },
    ...{ licence: 'MIT', pipelines: ['any'] },
    files: Object.entries(files).map(([role, path]) => ({
      ...{ role, path, url: path, bytes: 1, sha256: '0'.repeat(64) },
      mode: role.endsWith('runner') ? '755' : '644',
    })),
    ...(kind === 'model' && {
      model: { input: { family: 'qwen-png', params: {} }, context: 2048, prompts: [] },
    }),
    ...more,
  });
  if (!manifest.ok) throw new Error(manifest.failure.detail);
  return { manifest: manifest.value, dir: bundleDir(manifest.value), files: manifest.value.files };
}

/** Puts a bundle's file on the fake phone. */
export function place(device: FakeDevice, { dir }: InstalledBundle, path: string, content: string) {
  const at = device.here(`${dir}/${path}`);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, content);
}

/** A prepared picture: one output of this type and shape, and a plan of this size. */
export function prepared(
  family: string,
  [width, height]: readonly [number, number],
  output: Pick<PreparedInput['outputs'][number], 'dtype' | 'shape'>,
  imageTokens?: number,
): PreparedInput {
  const sha256 = 'a'.repeat(64);
  return {
    recipe: { family, params: {} },
    plan: {
      ...{ crop: { x: 0, y: 0, width, height }, width, height, imageTokens },
      ...{ tiles: [], bytes: 3 },
    },
    source: { bytes: 1, sha256, type: 'image/png', width, height, rgbSha256: sha256 },
    outputs: [{ name: 'picture', ...output, data: new TextEncoder().encode('picture'), sha256 }],
    preview: new Blob(),
    ...{ decoder: 'exact', core: 'simd', tookMs: 1 },
  };
}

export const setupOf = (runner: InstalledBundle, model: InstalledBundle): RunSetup => ({
  ...{ runner, model, options: {}, bigCores: 4, env: {} },
});

export const jobOf = (setup: RunSetup, input: PreparedInput, prompt: string): Job => ({
  ...{ setup, input, prompt, earlier: [], options: {} },
});

/** A tokenizer that makes a token of each word, mark and line end: a count that can be made by hand. */
export const wordTools: HostTools = {
  ...NO_TOOLS,
  encode: async (texts) =>
    ok(texts.map((text) => Int32Array.from(text.match(/<[^>]*>|\w+|\n|[^\s\w]/g) ?? [], () => 1))),
};
