import { createHash } from 'node:crypto';
import type { BundleFacts, BundleFile, Manifest } from '../../domain/bundle';
import type { Inspected } from './inspect';
import type { Plan, Wishes } from './plan';

/** What the user may say about the bundle as a whole; absent: the recipe's own words. */
export interface Labels {
  readonly id?: string | undefined;
  readonly version?: string | undefined;
  readonly title?: string | undefined;
  readonly licence?: string | undefined;
  readonly family?: string | undefined;
}

export interface Measured {
  readonly bytes: number;
  readonly sha256: string;
}

/** The manifest of a plan whose files were copied. `measured` by path in the bundle. */
export function manifestOf(
  recipe: string,
  { part, target, files, sdk, about }: Plan,
  measured: ReadonlyMap<string, Measured>,
  labels: Labels,
  { facts }: Pick<Wishes, 'facts'>,
): unknown {
  const listed = files.map((file) => fileOf(part.kind, file, measured.get(file.path)));
  const { socs, archs } = target;
  const requires: Manifest['requires'] = {
    ...(about.memoryBytes ? { memoryBytes: about.memoryBytes } : {}),
    // The lowest that every runner here is built for; ro.soc.model needs Android 12.
    ...(part.kind === 'runner' ? { minSdk: 26 } : {}),
    // A runner with several skels fits every chip of those generations.
    ...(part.kind === 'model' && socs.length > 0 ? { soc: [...socs] } : {}),
    ...(archs.length > 0 ? { htpArch: [...archs] } : {}),
  };
  const all = { ...about.facts, ...facts };
  return {
    ...{ schema: 'plugsight-bundle/1', id: labels.id ?? part.id },
    version: labels.version ?? versionOf(listed),
    title: (labels.title ?? about.title ?? part.title).slice(0, 80),
    ...{ kind: part.kind, licence: labels.licence ?? part.licence },
    origin: `${part.origin}; packed by its user, for their own use`.slice(0, 500),
    ...{ pipelines: [recipe], requires },
    ...(sdk ? { sdk } : {}),
    ...(Object.keys(all).length > 0 ? { facts: all } : {}),
    ...(part.kind === 'model' && about.model ? { model: modelOf(about.model, labels) } : {}),
    files: listed,
  };
}

const modelOf = (model: NonNullable<Manifest['model']>, { family }: Labels) =>
  family === undefined ? model : { ...model, input: { family, params: {} } };

function fileOf(
  kind: Manifest['kind'],
  file: Inspected,
  measured: Measured | undefined,
): BundleFile {
  if (!measured) throw new Error(`${file.path} was planned, but not copied`);
  const program = file.item.is === 'program';
  return {
    ...{ path: file.path, ...measured, mode: program ? '755' : '644', url: file.path },
    role: file.item.role,
    ...(kind === 'runner' ? { abi: 'arm64-v8a' as const } : {}),
    ...(file.arch === undefined ? {} : { htpArch: file.arch }),
    ...factsOf(file),
  };
}

/** What the file itself says, for the doctor and for people. */
function factsOf({ item, pte, gguf, elf }: Inspected): Pick<BundleFile, 'facts'> {
  const facts: BundleFacts = { ...item.facts };
  if (pte) {
    facts['methods'] = pte.methods
      .map(({ name }) => name)
      .join(' ')
      .slice(0, 200);
    const backends = new Set(pte.methods.flatMap((method) => method.backends));
    facts['backends'] = [...backends].join(' ').slice(0, 200);
  }
  if (gguf?.architecture) facts['architecture'] = gguf.architecture;
  if (elf) Object.assign(facts, { machine: elf.machine, pages16k: elf.pages16k });
  return Object.keys(facts).length > 0 ? { facts } : {};
}

/** Other bytes, another version. */
function versionOf(files: readonly BundleFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256 } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path} ${sha256}\n`);
  return hash.digest('hex').slice(0, 12);
}
