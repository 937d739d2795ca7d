import { createHash } from 'node:crypto';
import type { BundleFile, BundleSource, Manifest } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { InstalledBundle } from '../../src/domain/pipeline';
import { ok, type Result } from '../../src/domain/result';
import { install, type InstallEvent } from '../../src/flows/install';
import { probe } from '../../src/flows/probe';
import { NEVER, valueOf } from '../unit/adapters/adb/rig';
import { pattern } from './ask';

/** A small bundle of everything that matters to an installation: a program, a large file, small ones, one of them twice. */
export const DATA = { program: pattern(100_000), weights: pattern(3_000_000), notes: pattern(10) };
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const file = (path: string, data: Uint8Array, mode: BundleFile['mode'] = '644'): BundleFile => ({
  ...{ path, bytes: data.length, sha256: sha256(data), mode, url: path, role: 'other' },
});
export const MANIFEST: Manifest = {
  ...{ schema: 'plugsight-bundle/1', id: 'contract', version: '1', title: 't', kind: 'model' },
  ...{ licence: 'MIT', pipelines: ['p'], requires: {} },
  files: [
    file('bin/program', DATA.program, '755'),
    file('weights.gguf', DATA.weights),
    file('docs/notes', DATA.notes),
    file('docs/again', DATA.notes), // the same bytes once more
  ],
};
export const TOTAL = MANIFEST.files.reduce((sum, { bytes }) => sum + bytes, 0);

/** A bundle in memory; `sent` says what arrives in place of what is to come. */
export const source = (
  sent: (data: Uint8Array) => Uint8Array | ReadableStream<Uint8Array> = (data) => data,
): BundleSource => ({
  manifest: MANIFEST,
  open: async ({ sha256: wanted }, _signal, fromByte = 0) => {
    const data = Object.values(DATA).find((bytes) => sha256(bytes) === wanted) ?? new Uint8Array();
    const coming = sent(data.slice(fromByte));
    return ok(
      coming instanceof ReadableStream
        ? coming
        : new Blob([coming as Uint8Array<ArrayBuffer>]).stream(),
    );
  },
});

/** Installs to the end; returns what it said on the way. */
export async function installing(
  device: Device,
  from: BundleSource,
  signal = NEVER,
): Promise<{ readonly events: InstallEvent[]; readonly result: Result<InstalledBundle> }> {
  const facts = valueOf(await probe(device, NEVER));
  const events: InstallEvent[] = [];
  const steps = install(device, from, facts, signal);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { events, result: value };
    events.push(value);
  }
}
