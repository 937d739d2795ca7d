import type { BundleFacts, Manifest } from '../../domain/bundle';
import { QNN_SOCS, htpArchOf } from '../../domain/soc';
import { checkFile } from './check-file';
import { choose } from './choose';
import { missingFindings, withNeeded } from './closure';
import { isRefusal, refusal, type Finding } from './findings';
import type { Inspected } from './inspect';
import type { Description, Part, Target } from './recipe';
import { sdkOf } from './sdk';
import type { SourceFile, Sources } from './sources';

/** What the user says beside the folders. */
export interface Wishes {
  readonly socs: readonly string[];
  readonly archs: readonly string[];
  readonly sdk: string | undefined;
  readonly named: ReadonlyMap<string, SourceFile>;
  readonly facts: BundleFacts;
}

/** A bundle that could be written, if there is no refusal among the findings. */
export interface Plan {
  readonly part: Part;
  readonly target: Target;
  readonly files: readonly Inspected[];
  readonly sdk: Manifest['sdk'];
  readonly about: Description;
  readonly findings: readonly Finding[];
}

/** Chooses, reads and checks the files of one bundle. Writes nothing. */
export async function plan(part: Part, sources: Sources, wishes: Wishes): Promise<Plan> {
  const asked = targetOf(part, wishes);
  const choice = await choose(part, asked, sources, wishes.named);
  const files = await withNeeded(part, choice.files, sources);
  const target = withModelsOwn(asked, files);
  const findings = [...choice.findings, ...unsupported(part, wishes), ...unknown(part, target)];
  return checkSet(part, files, target, wishes, findings);
}

/** All checks of a set of files: those of a new bundle, and of one that lies in a folder already. */
export async function checkSet(
  part: Part,
  files: readonly Inspected[],
  target: Target,
  wishes: Pick<Wishes, 'sdk' | 'facts'>,
  before: readonly Finding[] = [],
): Promise<Plan> {
  const about = part.describe(files, target);
  const sdk = part.qnn ? await sdkOf(files, wishes.sdk, part.kind) : undefined;
  const byThemselves = files.flatMap((file) => checkFile(file, target));
  const broken = new Set(byThemselves.filter(isRefusal).map(({ file }) => file));
  const together = [...missingFindings(files), ...about.findings, ...(sdk?.findings ?? [])];
  // A file that is wrong by itself is wrong for the others, too; that would only be noise.
  const findings = [
    ...before,
    ...byThemselves,
    ...together.filter(({ file }) => !broken.has(file)),
  ];
  return {
    ...{ part, target, files, about, findings: once(findings) },
    sdk: sdk?.version === undefined ? undefined : { name: 'qairt', version: sdk.version },
  };
}

function targetOf({ npu }: Part, { socs, archs }: Wishes): Target {
  if (npu === 'none') return { socs: [], archs: [] };
  const known = socs.flatMap((soc) => htpArchOf(soc) ?? []);
  return { socs, archs: unique([...archs, ...known]) };
}

/** A model compiled for one chip names it; nobody need say it again. */
function withModelsOwn({ socs, archs }: Target, files: readonly Inspected[]): Target {
  const own = files
    .flatMap(({ pte }) => pte?.targets ?? [])
    .filter(({ htpArch }) => archs.length === 0 || archs.includes(htpArch ?? ''));
  const ownSocs = own.flatMap(({ socId }) => QNN_SOCS[socId] ?? []);
  return {
    socs: socs.length > 0 ? socs : unique(ownSocs),
    archs: archs.length > 0 ? archs : unique(own.flatMap(({ htpArch }) => htpArch ?? [])),
  };
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();

const unsupported = ({ npu }: Part, { socs }: Wishes): readonly Finding[] =>
  npu === 'none'
    ? []
    : socs
        .filter((soc) => htpArchOf(soc) === undefined)
        .map((soc) =>
          refusal(
            'soc-unsupported',
            soc,
            'is not known to have a Hexagon processor that QNN uses',
            'the CPU pipelines (llava, llama-mtmd) run on it; or say its generation: --arch v75',
          ),
        );

const unknown = ({ npu }: Part, { archs }: Target): readonly Finding[] =>
  npu === 'required' && archs.length === 0
    ? [
        refusal(
          'soc-unknown',
          'chip',
          'nothing says which phone it is for',
          'say it: --soc SM8650, or --arch v75',
        ),
      ]
    : [];

/** The same file can fill several items; it is refused once. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.code} ${finding.file} ${finding.problem}`;
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()];
}
