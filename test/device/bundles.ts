import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PAYLOAD_DIR, servedManifest } from '../../src/cli/served-files';
import { parseManifest, type BundleSource } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { DeviceFacts } from '../../src/domain/device-facts';
import type { InstalledBundle } from '../../src/domain/pipeline';
import { ok } from '../../src/domain/result';
import { install } from '../../src/flows/install';
import { must, NEVER } from './connect';

/** A bundle of device-payload/ as the page gets it, read from the disk instead of the server. */
export async function bundleFromDisk(name: string): Promise<BundleSource> {
  const manifest = parseManifest(await servedManifest(name));
  if (!manifest.ok) throw new Error(manifest.failure.detail);
  return {
    manifest: manifest.value,
    open: async ({ url }) => {
      const stream = Readable.toWeb(createReadStream(join(PAYLOAD_DIR, name, url)));
      return ok(stream as ReadableStream<Uint8Array>);
    },
  };
}

/** Brings a bundle to the device by the page's own flow. */
export async function installed(
  device: Device,
  source: BundleSource,
  facts: DeviceFacts,
): Promise<InstalledBundle> {
  const installing = install(device, source, facts, NEVER);
  let step = await installing.next();
  while (!step.done) step = await installing.next();
  return must(step.value);
}
