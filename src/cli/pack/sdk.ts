import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Manifest } from '../../domain/bundle';
import { refusal, warning, type Finding } from './findings';
import type { Inspected } from './inspect';

/**
 * Files of the SDK itself, and models that its compiler wrote: their contexts carry its build's name. What is merely built
 * with it may name other versions, too.
 */
const VENDOR = /^(lib(Qnn|Genie|Snpe|SNPE)|qnn-|genie-)/;
const isVendors = ({ path, item }: Inspected): boolean =>
  VENDOR.test(basename(path)) || item.is === 'pte' || item.is === 'qnn-context';

export interface Sdk {
  readonly version: string | undefined;
  readonly findings: readonly Finding[];
}

/** The one version that all vendor files say, or that the user says. A model may keep it to itself. */
export async function sdkOf(
  files: readonly Inspected[],
  said: string | undefined,
  kind: Manifest['kind'],
): Promise<Sdk> {
  const by = new Map<string, string>();
  for (const { source, sdks } of files.filter(isVendors)) {
    const version = sdks.length === 1 ? sdks[0] : await versionOfFolder(dirname(source.real));
    if (version && !by.has(version)) by.set(version, source.path);
  }
  const [first] = by;
  const other = [...by].find(([version]) => !same(version, said ?? first?.[0] ?? ''));
  if (other) return { version: undefined, findings: [mixed(other, first, said)] };
  const version = said ?? first?.[0];
  if (version !== undefined) return { version, findings: [] };
  const what = 'neither sdk.yaml, nor the folder, nor the files name the version of the SDK';
  const grade = kind === 'runner' ? refusal : warning;
  return {
    version,
    findings: [grade('sdk-unknown', `SDK of the ${kind}`, what, 'say it: --sdk 2.37.0.250724')],
  };
}

/** A model runs with the libraries of the SDK that compiled it: both bundles of one packing must say the same. */
export function sameSdk(sdks: readonly Manifest['sdk'][]): readonly Finding[] {
  const [a, b] = sdks.flatMap((sdk) => (sdk ? [sdk.version] : []));
  return a === undefined || b === undefined || same(a, b)
    ? []
    : [
        refusal(
          'mixed-sdk',
          'runner and model',
          `the runner is of SDK ${a}, the model of ${b}`,
          ONE,
        ),
      ];
}

const ONE = 'take all vendor files from one SDK: that which compiled the model';

/** The library in a phone's runtime must be of the same build as the compiler's: all given digits count. */
const same = (a: string, b: string) => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

const mixed = (
  [version, path]: readonly [string, string],
  first: readonly [string, string] | undefined,
  said: string | undefined,
): Finding =>
  refusal(
    'mixed-sdk',
    path,
    said !== undefined
      ? `is of SDK ${version}, and --sdk says ${said}`
      : `is of SDK ${version}, and ${first?.[1]} is of ${first?.[0]}`,
    ONE,
  );

/**
 * From "version:" in the sdk.yaml of a folder above, or from a folder's name such as "2.37.0.250724".
 * The QAIRT archive unpacks to qairt/<version>/ with an sdk.yaml at its top.
 */
async function versionOfFolder(folder: string): Promise<string | undefined> {
  for (let at = folder, up = 0; up < 12; at = dirname(at), up++) {
    const yaml = await readFile(join(at, 'sdk.yaml'), 'utf8').catch(() => undefined);
    const version =
      /^\s*(?:sdk_)?version:\s*["']?v?(\d+(?:\.\d+){2,4})/m.exec(yaml ?? '')?.[1] ??
      /^v?(\d+\.\d+\.\d+\.2\d{5})(?:\d{6})?$/.exec(basename(at))?.[1];
    if (version) return version;
    if (dirname(at) === at) return undefined;
  }
  return undefined;
}
