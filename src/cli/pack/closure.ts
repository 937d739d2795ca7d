import { isForeign, isOnPhone, libraryFrom } from './android';
import { single, bundlePath } from './choose';
import { refusal, type Finding } from './findings';
import { inspect, type Inspected } from './inspect';
import { matches, type Item, type Part } from './recipe';
import { candidates, type SourceFile, type Sources } from './sources';

/** Libraries that programs of the set need, and neither the set nor the phone has. Another system's are `checkElf`'s. */
export function missingLibraries(files: readonly Inspected[]): ReadonlyMap<string, Inspected> {
  const names = new Set(
    files.flatMap(({ path, elf }) => [path.slice(path.lastIndexOf('/') + 1), elf?.soname ?? '']),
  );
  const missing = new Map<string, Inspected>();
  for (const file of files) {
    if (file.elf?.machine !== 'arm64') continue;
    for (const name of file.elf.needed)
      if (!names.has(name) && !isOnPhone(name) && !isForeign(name)) missing.set(name, file);
  }
  return missing;
}

export const missingFindings = (files: readonly Inspected[]): readonly Finding[] =>
  [...missingLibraries(files)].map(([name, { source }]) =>
    refusal(
      'missing-library',
      source.path,
      `needs ${name}, which is neither in the folders given nor on every phone`,
      libraryFrom(name),
    ),
  );

/** Adds libraries that others need from the folders given, until none is missing that is there. */
export async function withNeeded(
  part: Part,
  files: readonly Inspected[],
  sources: Sources,
): Promise<readonly Inspected[]> {
  const all = [...files];
  const libraries = part.items.find(({ is }) => is === 'library');
  const folders = part.items.flatMap((item) => item.folders ?? []);
  for (let before = -1; before !== all.length;) {
    before = all.length;
    for (const [name, by] of missingLibraries(all)) {
      const hit = await arm64(
        candidates(sources, (file) => matches(name, file), folders),
        name,
        by,
        libraries,
      );
      if (hit) all.push(hit);
    }
  }
  return all;
}

/** The one library of this name that the phone can load. */
async function arm64(
  hits: readonly SourceFile[],
  name: string,
  by: Inspected,
  like: Item | undefined,
): Promise<Inspected | undefined> {
  const item: Item = {
    ...{ key: name, names: [name], is: 'library', role: 'library', from: libraryFrom(name) },
    ...(like?.into === undefined ? {} : { into: like.into }),
  };
  const right: SourceFile[] = [];
  for (const source of hits) {
    const { elf } = await inspect({ item, source, path: name, arch: undefined });
    if (elf?.machine === by.elf?.machine) right.push(source);
  }
  const source = await single(right);
  return source && inspect({ item, source, path: bundlePath(item, name), arch: undefined });
}
