import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleFile } from '../../domain/bundle';
import { measureFile } from '../bundle-files';
import { BUILT_DIR, BUILT_FILE, type BuiltFiles } from '../served-files';
import { run } from './command';
import { cmakeArgs, type Compilation } from './compile';
import { licences } from './licences';
import { packRelink } from './relink';
import { SOURCE } from './source';
import { programOf, type Level } from './targets';

/** What one build was made of and what it made: build/build.json. */
export interface BuildRecord {
  readonly inputs: string;
  readonly source: typeof SOURCE;
  readonly seconds: number;
  readonly targets: readonly {
    readonly abi: string;
    readonly compiler: string;
    readonly cmake: readonly string[];
    readonly seconds: number;
  }[];
}

export interface Built extends Compilation {
  readonly seconds: number;
}

/** Writes the produced part of the bundle beside the committed one; in place at once, so a server never sees half of it. */
export async function writeOutput(
  bundle: string,
  root: string,
  built: readonly Built[],
  inputs: string,
): Promise<BuiltFiles<BundleFile>> {
  const final = join(bundle, BUILT_DIR);
  const fresh = `${final}.new`;
  await rm(fresh, { recursive: true, force: true });
  const files: BundleFile[] = [];
  for (const one of built) {
    for (const level of [undefined, ...one.target.levels])
      files.push(await program(fresh, one, level));
    if (one.tools.glibc) await relink(fresh, one);
  }
  files.push(await licenceFile(fresh, root, built));
  const text = files.map(({ sha256 }) => sha256).join();
  const produced: BuiltFiles<BundleFile> = {
    version: createHash('sha256').update(text).digest('hex').slice(0, 8),
    origin: `Built by npm run payload:build from Plugsight's own runner and ${SOURCE.engine}, taken from the npm package ${SOURCE.package} ${SOURCE.version}. The wasm32 file serves the virtual phone only.`,
    files,
  };
  await writeFile(join(fresh, BUILT_FILE), JSON.stringify(produced, null, 2));
  await writeFile(join(fresh, 'build.json'), JSON.stringify(record(built, inputs), null, 2));
  await rm(final, { recursive: true, force: true });
  await rename(fresh, final);
  return produced;
}

async function program(fresh: string, one: Built, level: Level | undefined): Promise<BundleFile> {
  const { abi } = one.target;
  const url = `${[abi, level?.name].filter(Boolean).join('-')}/llama-runner`;
  const path = join(fresh, url);
  await mkdir(join(path, '..'), { recursive: true });
  await copyFile(join(one.build, programOf(level)), path);
  await run(one.tools.strip, [path], { log: one.log });
  const place = { path: 'llama-runner', mode: '755', role: 'runner', abi } as const;
  const measured = await measureFile(path);
  return {
    ...place,
    ...measured,
    url: `${BUILT_DIR}/${url}`,
    ...(level && { cpu: [...level.cpu] }),
  };
}

async function relink(fresh: string, { build, target, tools, log }: Built): Promise<void> {
  const archive = join(fresh, `relink-${target.abi}.tar.gz`);
  await packRelink({ build, target, strip: tools.strip }, archive, log);
}

async function licenceFile(
  fresh: string,
  root: string,
  built: readonly Built[],
): Promise<BundleFile> {
  const name = 'LICENCES.txt';
  const glibc = built.some(({ tools }) => tools.glibc);
  await writeFile(join(fresh, name), await licences(root, built[0]?.source ?? '', glibc));
  const measured = await measureFile(join(fresh, name));
  return { path: name, mode: '644', role: 'licence', url: `${BUILT_DIR}/${name}`, ...measured };
}

const record = (built: readonly Built[], inputs: string): BuildRecord => ({
  inputs,
  source: SOURCE,
  seconds: built.reduce((sum, { seconds }) => sum + seconds, 0),
  targets: built.map((one) => ({
    abi: one.target.abi,
    compiler: one.tools.name,
    cmake: cmakeArgs(one),
    seconds: one.seconds,
  })),
});

/** What was built before, when it was made of these inputs and is all still there. */
export async function builtBefore(
  bundle: string,
  inputs: string,
): Promise<BuiltFiles<BundleFile> | undefined> {
  const dir = join(bundle, BUILT_DIR);
  try {
    const { inputs: before } = JSON.parse(
      await readFile(join(dir, 'build.json'), 'utf8'),
    ) as BuildRecord;
    if (before !== inputs) return undefined;
    const produced = JSON.parse(
      await readFile(join(dir, BUILT_FILE), 'utf8'),
    ) as BuiltFiles<BundleFile>;
    for (const { url, bytes } of produced.files)
      if ((await stat(join(bundle, url))).size !== bytes) return undefined;
    return produced;
  } catch {
    return undefined; // not there, or not whole
  }
}
