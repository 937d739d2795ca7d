import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SIMULATED_NAMES } from '../../../src/adapters/simulated';
import { manifestText, readSimulated } from '../../../src/cli/payload-simulated';
import { PAYLOAD_DIR } from '../../../src/cli/served-files';
import { missingRoles } from '../../../src/domain/pipeline';
import { parseManifest } from '../../../src/domain/bundle';
import { planInput } from '../../../src/families';
import { PIPELINES } from '../../../src/pipelines';
import { isPipelineId } from '../../../src/pipelines/offers';

const bundles = await readSimulated();

test.each(bundles.map((bundle) => [bundle.name, bundle] as const))(
  '%s is as its generator makes it',
  async (name, bundle) => {
    const dir = join(PAYLOAD_DIR, name);
    expect(await readFile(join(dir, 'manifest.json'), 'utf8')).toBe(manifestText(bundle));
    for (const [file, data] of bundle.files)
      expect(Buffer.compare(await readFile(join(dir, file)), data), file).toBe(0);
  },
);

test.each(bundles.map((bundle) => [bundle.name, bundle] as const))(
  '%s says that it is simulated and fits its pipeline',
  (_name, { manifest, files }) => {
    const parsed = parseManifest(JSON.parse(JSON.stringify(manifest)));
    expect(parsed.ok ? parsed.value.facts?.['simulated'] : parsed.failure).toBe(true);
    const [id = ''] = manifest.pipelines;
    if (!isPipelineId(id)) throw new Error(`${id} is no pipeline`);
    const pipeline = PIPELINES[id];
    expect(manifest.id).toBe(manifest.kind === 'runner' ? pipeline.runner : pipeline.model);
    if (manifest.kind === 'model') {
      expect(missingRoles(pipeline, manifest)).toEqual([]);
      const input = manifest.model?.input;
      expect(input && planInput(input, 640, 480)).toMatchObject({ ok: true });
    } else
      for (const file of manifest.files.filter(({ abi }) => abi === 'wasm32')) {
        const text = new TextDecoder().decode(files.get(file.url));
        expect(SIMULATED_NAMES).toContain(/^#!plugsight-wasm (\S+) 1\n/.exec(text)?.[1]);
      }
  },
);
