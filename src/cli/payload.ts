import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Finding } from './pack/findings';
import { readPackOptions, type PackOptions } from './pack/options';
import { plan, type Plan } from './pack/plan';
import { findingLines, summary } from './pack/print';
import { RECIPES } from './pack/recipes';
import { sameSdk } from './pack/sdk';
import { readSources } from './pack/sources';
import { verify } from './pack/verify';
import {
  checkSpace,
  checkWrite,
  megabytes,
  writeBundle,
  type WriteJob,
  type Written,
} from './pack/write';

const USAGE = `usage: npm run -s cli -- payload pack RECIPE --from DIR... --to DIR [--soc SM8650] [--arch v75] [--sdk VERSION]
                         [--part runner|model] [--file KEY=PATH] [--fact NAME=VALUE] [--family NAME] [--id ID]
                         [--version V] [--title TEXT] [--licence SPDX] [--force] [--json]
       npm run -s cli -- payload check DIR [--json]
recipes: ${Object.keys(RECIPES).join(', ')}; docs/packing.md says which folders each needs`;

/** Exit code 1: refused, 2: wrong arguments. Writes nothing when anything is refused. */
export async function payload([action, ...args]: readonly string[]): Promise<number> {
  try {
    if (action === 'pack') return await pack(await readPackOptions(args));
    if (action === 'check') return await check(args);
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    return 2;
  }
  console.error(USAGE);
  return 2;
}

async function pack(options: PackOptions): Promise<number> {
  const plans = await plansOf(options);
  const findings = [
    ...plans.flatMap((each) => each.findings),
    ...sameSdk(plans.map(({ sdk }) => sdk)),
  ];
  const written: Written[] = [];
  if (!findings.some(isRefusal)) {
    const jobs = plans.map((each) => jobOf(options, each));
    for (const job of jobs) await checkWrite(job);
    await checkSpace(
      options.into,
      plans.flatMap(({ files }) => files),
    );
    for (const job of jobs) written.push(await writeBundle(job));
  }
  if (options.json) console.log(JSON.stringify({ bundles: written, findings }, null, 2));
  else report(written, findings);
  return findings.some(isRefusal) ? 1 : 0;
}

/** The parts asked for; else those of which the folders hold any file that is needed, or both when there is none. */
async function plansOf({
  recipe,
  parts,
  folders,
  wishes,
  into,
}: PackOptions): Promise<readonly Plan[]> {
  const sources = await readSources(folders, into);
  const wanted = parts.length > 0 ? parts : (['runner', 'model'] as const);
  const plans: Plan[] = [];
  for (const part of wanted) plans.push(await plan(recipe[part], sources, wishes));
  if (parts.length > 0) return plans;
  const present = plans.filter(({ files }) =>
    files.some(({ item }) => item.optional === undefined),
  );
  return present.length > 0 ? present : plans;
}

function jobOf({ recipe, labels, wishes, into, force, json }: PackOptions, each: Plan): WriteJob {
  const onFile = (path: string, bytes: number) => {
    if (!json) console.error(`copying ${path} (${megabytes(bytes)})`);
  };
  return { recipe: recipe.id, plan: each, labels, wishes, into, force, onFile };
}

function report(written: readonly Written[], findings: readonly Finding[]): void {
  if (findings.length > 0) console.error(findingLines(findings));
  for (const { dir, manifest } of written) console.log(`${summary(manifest)}\n  in ${dir}`);
  if (written.length > 0)
    console.log('Give the page the folder, or host it: HOSTING.txt beside the manifest says how.');
  else console.error('\nNothing was written.');
}

async function check(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const [dir, ...more] = args.filter((arg) => arg !== '--json');
  if (dir === undefined || more.length > 0 || dir.startsWith('-')) {
    console.error(USAGE);
    return 2;
  }
  const results = [];
  for (const each of await bundlesIn(dir)) results.push(await verify(each));
  const findings = results.flatMap((result) => result.findings);
  if (json) console.log(JSON.stringify({ bundles: results }, null, 2));
  else
    for (const { manifest, findings: found } of results) {
      if (found.length > 0) console.error(findingLines(found));
      if (manifest && !found.some(isRefusal)) console.log(`${summary(manifest)}\n  good`);
    }
  return findings.some(isRefusal) ? 1 : 0;
}

/** The folder itself, or the bundles that lie in it. */
async function bundlesIn(dir: string): Promise<readonly string[]> {
  const has = (path: string) =>
    stat(join(path, 'manifest.json')).then(
      () => true,
      () => false,
    );
  if (await has(dir)) return [dir];
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true }))
    if (entry.isDirectory() && (await has(join(dir, entry.name))))
      found.push(join(dir, entry.name));
  return found.length > 0 ? found : [dir];
}
