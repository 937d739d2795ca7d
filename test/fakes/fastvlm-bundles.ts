import type { BundleFacts, BundleFile } from '../../src/domain/bundle';
import type { InstalledBundle } from '../../src/domain/pipeline';
import { installed } from './step-job';

/** A file of a manifest, by role and path. */
const file = (
  role: BundleFile['role'],
  path: string,
  more: Partial<BundleFile> = {},
): BundleFile => ({
  ...{ role, path, url: path, bytes: 1, sha256: '0'.repeat(64), mode: '644' },
  ...more,
});

export const QNN_RUNNER: InstalledBundle = installed('runner', {
  'vision-runner': 'qnn-net-run',
  runner: 'genie-t2t-run',
  config: 'htp_backend_ext_config.json',
});

/** A FastVLM bundle with a table of this size and these facts; decoders by path. */
export function fastVlmModel(
  lutBytes: number,
  {
    facts = {},
    context = 512,
    decoders = ['fastvlm_full.bin'],
    embedder = true,
  }: {
    readonly facts?: BundleFacts;
    readonly context?: number;
    readonly decoders?: readonly string[];
    readonly embedder?: boolean;
  } = {},
): InstalledBundle {
  return installed(
    'model',
    {},
    {
      facts,
      model: { input: { family: 'fastvlm-u8', params: {} }, context, prompts: [] },
      files: [
        file('encoder', 'vision.bin'),
        ...(embedder ? [file('embedding', 'text.bin')] : []),
        ...decoders.map((path) =>
          file('decoder', path, path.includes('cpu') ? { facts: { backend: 'cpu' } } : {}),
        ),
        file('lut', 'embedding.bin', { bytes: lutBytes }),
        file('tokenizer', 'tokenizer.json'),
      ],
    },
  );
}
