import { readFile, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleFile,
  type Manifest,
} from '../../domain/bundle';
import { measureFile } from '../bundle-files';
import { isLocal } from '../served-files';
import { bundlePath } from './choose';
import { refusal, warning, type Finding } from './findings';
import { inspect, type Inspected } from './inspect';
import { checkSet } from './plan';
import { expand, matches, type Expect, type Item, type Part, type Target } from './recipe';
import { findRecipe } from './recipes';
import { sourceFile } from './sources';

export interface Verified {
  readonly dir: string;
  readonly manifest: Manifest | undefined;
  readonly findings: readonly Finding[];
}

const AGAIN = 'pack it again, or copy it again from where it was whole';

/** Checks a bundle's folder: manifest, sizes, hashes, and everything that packing checks. */
export async function verify(dir: string): Promise<Verified> {
  const text = await readFile(join(dir, 'manifest.json')).catch(() => undefined);
  if (!text) return nothing(dir, 'missing-file', 'is not there', 'name the folder that holds it');
  if (text.byteLength > MAX_MANIFEST_BYTES)
    return nothing(dir, 'manifest-invalid', `has ${text.byteLength} bytes`, AGAIN);
  const parsed = parseManifest(jsonOf(text.toString('utf8')));
  if (!parsed.ok) return nothing(dir, 'manifest-invalid', parsed.failure.detail ?? '', AGAIN);
  const manifest = parsed.value;
  const files: Inspected[] = [];
  const findings: Finding[] = [];
  const root = await realpath(dir);
  for (const file of manifest.files) {
    const read = await readListed(root, dir, file, manifest);
    findings.push(...read.findings);
    if (read.file) files.push(read.file);
  }
  findings.push(...(await unlisted(dir, manifest)));
  return { dir, manifest, findings: [...findings, ...(await setFindings(manifest, files))] };
}

async function readListed(
  root: string,
  dir: string,
  file: BundleFile,
  manifest: Manifest,
): Promise<{ readonly file?: Inspected; readonly findings: readonly Finding[] }> {
  const path = join(dir, file.url);
  if (!isLocal(file.url)) {
    const what = `lies at ${file.url.slice(0, 200)}: not checked here`;
    return {
      findings: [warning('not-checked', file.path, what, 'the page checks it when it loads')],
    };
  }
  const source = await sourceFile(path, [root]);
  if (!source) return { findings: [refusal('missing-file', path, 'is not there', AGAIN)] };
  if (source.outside)
    return {
      findings: [refusal('outside-folder', path, 'leads out of the bundle’s folder', AGAIN)],
    };
  const { bytes, sha256 } = await measureFile(source.real);
  const what =
    bytes !== file.bytes
      ? `has ${bytes} bytes; the manifest says ${file.bytes}`
      : sha256 !== file.sha256
        ? `has the sha256 ${sha256}; the manifest says ${file.sha256}`
        : undefined;
  if (what !== undefined) return { findings: [refusal('hash-mismatch', path, what, AGAIN)] };
  const item = itemOf(file, manifest);
  // Files for an emulator or the virtual phone are not what these checks are about.
  if (!item || (file.abi !== undefined && file.abi !== 'arm64-v8a')) return { findings: [] };
  return {
    file: await inspect({ item, source, path: file.path, arch: file.htpArch }),
    findings: [],
  };
}

const partOf = ({ pipelines, kind }: Manifest): Part | undefined =>
  pipelines.flatMap((id) => findRecipe(id)?.[kind] ?? [])[0];

const targetOf = ({ requires }: Manifest): Target => ({
  socs: requires.soc ?? [],
  archs: requires.htpArch ?? [],
});

/** The recipe's item that this file fills; for a bundle of no recipe, what its role says. */
function itemOf(file: BundleFile, manifest: Manifest): Item | undefined {
  const part = partOf(manifest);
  const name = basename(file.path);
  const items = (part?.items ?? []).flatMap((item) => expand(item, targetOf(manifest).archs));
  const sameRole = items.filter(({ role }) => role === file.role);
  const named = sameRole.find(
    (item) =>
      bundlePath(item, name) === file.path &&
      (item.as === name || item.names.some((pattern) => matches(pattern, name))),
  );
  const is = EXPECTED[file.role];
  if (named) return named;
  if (sameRole[0] && file.role !== 'library') return sameRole[0];
  return is && { key: file.path, names: [name], is, role: file.role, from: AGAIN };
}

const EXPECTED: Partial<Record<BundleFile['role'], Expect>> = {
  ...{ runner: 'program', 'vision-runner': 'program', library: 'library', stub: 'stub' },
  ...{ skel: 'skel', language: 'gguf', vision: 'gguf' },
};

async function setFindings(
  manifest: Manifest,
  files: readonly Inspected[],
): Promise<readonly Finding[]> {
  const wishes = { sdk: manifest.sdk?.version, facts: {} };
  const part = partOf(manifest) ?? GENERIC;
  const target = targetOf(manifest);
  const missing = part.items
    .filter((item) => item.optional === undefined && !(item.onlyNpu && target.archs.length === 0))
    .flatMap((item) => expand(item, target.archs))
    .filter((item) => !files.some((file) => file.item.key === item.key && file.arch === item.arch))
    .filter((item) => !manifest.files.some(({ role }) => role === item.role && role !== 'library'))
    .map(({ names, from, is }) =>
      refusal(
        is === 'skel' ? 'missing-skel' : 'missing-file',
        names[0] ?? '',
        'is not in the manifest',
        from,
      ),
    );
  return (await checkSet(part, files, target, wishes, missing)).findings;
}

/** For bundles of pipelines without a recipe. */
const GENERIC: Part = {
  ...{ kind: 'runner', id: 'any', title: '', licence: '', origin: '', npu: 'none', qnn: false },
  items: [],
  describe: () => ({ findings: [] }),
};

/** Files beside those of the manifest are never sent; a forgotten one is worth a word. */
async function unlisted(dir: string, manifest: Manifest): Promise<readonly Finding[]> {
  const known = new Set(['manifest.json', 'HOSTING.txt', ...manifest.files.map(({ url }) => url)]);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(dir.length)
        .replace(/^[\\/]+/, ''),
    )
    .map((path) => path.replaceAll('\\', '/'));
  return paths
    .filter((path) => !known.has(path))
    .slice(0, 20)
    .map((path) =>
      warning('not-listed', path, 'is not in the manifest', 'the page never sends it'),
    );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const nothing = (
  dir: string,
  code: Finding['code'],
  problem: string,
  remedy: string,
): Verified => ({
  ...{ dir, manifest: undefined },
  findings: [refusal(code, join(dir, 'manifest.json'), problem, remedy)],
});
