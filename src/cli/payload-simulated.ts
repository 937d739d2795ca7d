import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleFile } from '../domain/bundle';
import { readManifest } from './bundle-files';
import { PAYLOAD_DIR } from './served-files';
import { simulatedBundles, type SimulatedBundle, type TinyFiles } from './simulated-bundles';

/** The bundles as they should lie in device-payload/. */
export async function readSimulated(): Promise<readonly SimulatedBundle[]> {
  const { files } = await readManifest(join(PAYLOAD_DIR, 'tiny-vlm'));
  const of = (role: BundleFile['role']) => {
    const file = files.find((one) => one.role === role);
    if (!file) throw new Error(`tiny-vlm has no ${role} file`);
    return file;
  };
  const tiny: TinyFiles = { language: of('language'), vision: of('vision') };
  return simulatedBundles(tiny);
}

/** Text of a bundle's manifest.json. */
export const manifestText = ({ manifest }: SimulatedBundle): string =>
  `${JSON.stringify(manifest, null, 2)}\n`;

/** `npm run payload:simulated`: writes device-payload/simulated-*. */
async function main(): Promise<void> {
  for (const bundle of await readSimulated()) {
    const dir = join(PAYLOAD_DIR, bundle.name);
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    for (const [name, data] of bundle.files) await writeFile(join(dir, name), data);
    await writeFile(join(dir, 'manifest.json'), manifestText(bundle));
    console.log(`${bundle.name}: ${bundle.manifest.files.length} files`);
  }
}

if (process.argv[1]?.endsWith('payload-simulated.ts'))
  main().catch((reason: unknown) => {
    console.error(reason instanceof Error ? reason.message : reason);
    process.exitCode = 1;
  });
