import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseManifest, type Manifest } from '../../domain/bundle';
import type { Inspected } from './inspect';
import { manifestOf, type Labels, type Measured } from './manifest';
import type { Plan, Wishes } from './plan';

/** What a static server must send, for people. */
export const HOSTING = `A Plugsight bundle: manifest.json and the files it names. To offer it to the page from a static server:

- https, or http on localhost
- Access-Control-Allow-Origin: the page's own origin (scheme and host), or *
- Accept-Ranges: bytes (most servers do): a broken load then goes on where it stopped
- no Content-Encoding on these files: their sizes and sha256 are those of the bytes on disk

Or give the page this folder: "Use a model bundle". Check it with: npm run -s cli -- payload check DIR
Vendor files in it are yours to use, not to pass on: read their licence before you host them for others.
`;

/** Left free on the disk. */
const MARGIN = 64 << 20;

export interface WriteJob {
  readonly recipe: string;
  readonly plan: Plan;
  readonly labels: Labels;
  readonly wishes: Pick<Wishes, 'facts'>;
  /** The folder that receives the bundle's own folder. */
  readonly into: string;
  readonly force: boolean;
  /** Called before each file. */
  readonly onFile: (path: string, bytes: number) => void;
}

export interface Written {
  readonly dir: string;
  readonly manifest: Manifest;
}

/**
 * Writes a bundle to a folder of its own, whole or not at all: into a temporary folder first, then under its name.
 * Each file is hashed while it is copied. Throws when the name is taken (without `force`) or the disk is too small.
 */
export async function writeBundle(job: WriteJob): Promise<Written> {
  const dir = await checkWrite(job);
  await checkSpace(job.into, job.plan.files);
  await mkdir(job.into, { recursive: true });
  const temporary = join(job.into, `.packing-${randomBytes(6).toString('hex')}`);
  const clean = () => {
    rmSync(temporary, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', clean);
  try {
    const manifest = await fill(temporary, job);
    await replace(temporary, dir);
    return { dir, manifest };
  } finally {
    process.off('SIGINT', clean);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Everything that can be known before a byte is copied. Returns the folder that will be written; throws why not. */
export async function checkWrite(job: Omit<WriteJob, 'onFile'>): Promise<string> {
  const { plan, into, labels } = job;
  const sha256 = '0'.repeat(64);
  const sizes = plan.files.map(({ path, source: { bytes } }) => [path, { bytes, sha256 }] as const);
  makeManifest(job, new Map(sizes));
  const dir = join(into, labels.id ?? plan.part.id);
  if (!job.force && (await exists(dir)))
    throw new Error(`${dir} is there already; --force replaces it, --id gives another name`);
  return dir;
}

function makeManifest(
  { recipe, plan, labels, wishes }: Omit<WriteJob, 'onFile'>,
  measured: ReadonlyMap<string, Measured>,
): Manifest {
  const parsed = parseManifest(manifestOf(recipe, plan, measured, labels, wishes));
  if (parsed.ok) return parsed.value;
  throw new Error(`the manifest would not be valid: ${parsed.failure.detail}`);
}

async function fill(folder: string, job: WriteJob): Promise<Manifest> {
  const measured = new Map<string, Measured>();
  await mkdir(folder);
  for (const { path, source } of job.plan.files) {
    job.onFile(path, source.bytes);
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    measured.set(path, await copyHashed(source.real, target, source.bytes));
  }
  const manifest = makeManifest(job, measured);
  await writeFile(join(folder, 'HOSTING.txt'), HOSTING);
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** The old folder goes only when the new one is whole, and comes back if the new one cannot take its place. */
async function replace(temporary: string, dir: string): Promise<void> {
  const old = `${temporary}-old`;
  const had = await exists(dir);
  if (had) await rename(dir, old);
  try {
    await rename(temporary, dir);
  } catch (reason) {
    if (had) await rename(old, dir);
    throw reason;
  }
  await rm(old, { recursive: true, force: true });
}

/** Copies a file as a stream and hashes what was written. Throws when it is not as long as it was when it was read. */
async function copyHashed(from: string, to: string, bytes: number): Promise<Measured> {
  const hash = createHash('sha256');
  const file = await open(to, 'wx');
  let length = 0;
  try {
    for await (const chunk of createReadStream(from, {
      highWaterMark: 4 << 20,
    }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      length += chunk.byteLength;
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (length !== bytes) throw new Error(`${from} changed while it was packed`);
  return { bytes: length, sha256: hash.digest('hex') };
}

/** Throws when the disk has no room for these files, all bundles of a packing together. The folder need not be there yet. */
export async function checkSpace(folder: string, files: readonly Inspected[]): Promise<void> {
  const need = files.reduce((sum, { source }) => sum + source.bytes, MARGIN);
  let there = resolve(folder);
  while (!(await exists(there))) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  if (free < need)
    throw new Error(`${folder} has ${megabytes(free)} free; ${megabytes(need)} are needed`);
}

export const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
