import type { BundleFile } from '../domain/bundle';
import type { InstalledBundle, RunSetup } from '../domain/pipeline';
import { fail, ok, type Result } from '../domain/result';

/**
 * Path on the phone of the bundle's file with this role, under the bundle's own name for it: runners print names, and
 * some tell formats by them. Failure: manifest-invalid.
 */
export function fileOf(
  { manifest, dir, files }: InstalledBundle,
  role: BundleFile['role'],
): Result<string> {
  const file = files.find((candidate) => candidate.role === role);
  return file
    ? ok(`${dir}/${file.path}`)
    : fail('manifest-invalid', `${manifest.id} has no file with the role "${role}"`);
}

/** The paths of several roles at once; the first missing one is the failure. */
export function filesOf<R extends BundleFile['role']>(
  bundle: InstalledBundle,
  roles: readonly R[],
): Result<Readonly<Record<R, string>>> {
  const found: Partial<Record<R, string>> = {};
  for (const role of roles) {
    const path = fileOf(bundle, role);
    if (!path.ok) return path;
    found[role] = path.value;
  }
  return ok(found as Record<R, string>);
}

/**
 * Where a QNN program finds its libraries, on the CPU and on the Hexagon processor: in its bundle, unless the doctor
 * found something else to work. Source: pytorch/executorch backends/qualcomm/export_utils.py, SimpleADB.
 */
export const qnnEnv = ({ runner, env }: RunSetup): Readonly<Record<string, string>> => ({
  LD_LIBRARY_PATH: runner.dir,
  ADSP_LIBRARY_PATH: runner.dir,
  ...env,
});

/** All folders of the bundle in which libraries lie, upstream packages' "lib" among them; its own where it has none. */
export function libraryFolders({ dir, files }: InstalledBundle): readonly string[] {
  const libraries = files.filter(({ role }) => ['library', 'stub', 'skel'].includes(role));
  const folders = new Set(
    libraries.map(({ path }) => [dir, ...path.split('/').slice(0, -1)].join('/')),
  );
  return folders.size ? [...folders] : [dir];
}

/** What a bundle's manifest says of itself and its files, by any name: for looking for a word. */
export const factsOf = ({ manifest, files }: InstalledBundle): readonly string[] =>
  [manifest.facts, ...files.map(({ facts }) => facts)].flatMap((facts) =>
    Object.values(facts ?? {}).filter((value) => typeof value === 'string'),
  );

/** A number that the packer found out about the whole. */
export function numberFact({ manifest }: InstalledBundle, name: string): number | undefined {
  const value = manifest.facts?.[name];
  return typeof value === 'number' ? value : undefined;
}
