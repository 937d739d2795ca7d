import { measureFile } from '../bundle-files';
import { refusal, warning, type Finding } from './findings';
import { inspect, type Chosen, type Inspected } from './inspect';
import { MACHINE_OF } from './check-elf';
import { expand, matches, type Item, type Part, type Target } from './recipe';
import { candidates, nameOf, type SourceFile, type Sources } from './sources';

export interface Choice {
  readonly files: readonly Inspected[];
  readonly findings: readonly Finding[];
}

/** Takes a file for each of the part's items. `named` are the user's own answers to `--file KEY=PATH`. */
export async function choose(
  part: Part,
  target: Target,
  sources: Sources,
  named: ReadonlyMap<string, SourceFile>,
): Promise<Choice> {
  const files: Inspected[] = [];
  const findings: Finding[] = [];
  for (const base of part.items) {
    if (base.onlyNpu && target.archs.length === 0) continue;
    for (const item of expand(base, target.archs)) {
      const own = named.get(item.key);
      const hits = own ? [own] : firstHits(item, sources);
      const taken = await pick(item, hits);
      files.push(...taken.files);
      findings.push(...taken.findings);
    }
  }
  return { files, findings };
}

/** Files of the first name that any file has. */
function firstHits(item: Item, sources: Sources): readonly SourceFile[] {
  for (const pattern of item.names) {
    const hits = candidates(sources, (name) => matches(pattern, name), item.folders);
    if (hits.length > 0) return hits;
  }
  return [];
}

async function pick(item: Item & { arch?: string }, hits: readonly SourceFile[]): Promise<Choice> {
  const look = (source: SourceFile) => inspect(toChosen(item, source));
  if (hits.length === 0) return { files: [], findings: missing(item) };
  const byName = new Map<string, SourceFile[]>();
  for (const hit of hits) byName.set(nameOf(hit), [...(byName.get(nameOf(hit)) ?? []), hit]);
  const files: Inspected[] = [];
  const findings: Finding[] = [];
  for (const all of byName.values()) {
    const same = all.length > 1 ? await rightMachine(item, all) : all;
    const one = await single(same);
    if (one) files.push(await look(one));
    else findings.push(several(item, same));
  }
  if (item.many || files.length < 2) return { files, findings };
  const suits = item.suits;
  const suitable = suits ? files.filter((file) => suits(file)) : files;
  if (suitable.length === 1) return { files: suitable, findings };
  // None is it, but one cannot be read: that is what is wrong, and `checkFile` says it.
  const unread = files.filter(({ trouble }) => trouble !== undefined);
  if (suits && suitable.length === 0 && unread.length > 0) return { files: unread, findings };
  const rivals = (suitable.length > 0 ? suitable : files).map(({ source }) => source);
  return { files: [], findings: [...findings, several(item, rivals)] };
}

/** One file of several with the same name, when their bytes are the same. */
export async function single(files: readonly SourceFile[]): Promise<SourceFile | undefined> {
  const [first, ...others] = files;
  if (!first) return undefined;
  const rest = others.filter(({ real }) => real !== first.real);
  if (rest.length === 0) return first;
  if (rest.some(({ bytes }) => bytes !== first.bytes)) return undefined;
  const { sha256 } = await measureFile(first.real);
  for (const { real } of rest) if ((await measureFile(real)).sha256 !== sha256) return undefined;
  return first;
}

/** An SDK or build has the same name for several processors: those for the phone's, where there are any. */
async function rightMachine(
  item: Item,
  files: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  const machine = MACHINE_OF[item.is];
  if (!machine) return files;
  const right: SourceFile[] = [];
  for (const source of files) {
    const { elf } = await inspect({ item, source, path: '', arch: undefined });
    if (elf?.machine === machine) right.push(source);
  }
  return right.length > 0 ? right : files;
}

const toChosen = (item: Item & { arch?: string }, source: SourceFile): Chosen => ({
  ...{ item, source, arch: item.arch },
  path: bundlePath(item, nameOf(source)),
});

/** Only characters that a manifest allows. */
export function bundlePath({ into, as }: Pick<Item, 'into' | 'as'>, name: string): string {
  const plain = (as ?? name).replace(/[^A-Za-z0-9._+-]/g, '-').replace(/^\./, '-');
  return into ? `${into}/${plain}` : plain;
}

function missing(item: Item): readonly Finding[] {
  const [name = item.key] = item.names;
  if (item.optional === '') return [];
  if (item.optional !== undefined)
    return [warning('optional-missing', name, `not there: ${item.optional}`, item.from)];
  const others = item.names.length > 1 ? ` (or ${item.names.slice(1).join(', ')})` : '';
  const code = item.is === 'skel' ? 'missing-skel' : 'missing-file';
  return [refusal(code, name, `missing${others} in the folders given`, item.from)];
}

const several = (item: Item, files: readonly SourceFile[]): Finding =>
  refusal(
    'several-versions',
    nameOf(files[0]!),
    `${files.length} different ones: ${files.map(({ path }) => path).join(', ')}`,
    `name the one you mean: --file ${item.key}=PATH, or give fewer folders`,
  );
