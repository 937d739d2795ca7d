import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BundleFile } from '../domain/bundle';
import { ROOT } from './commands';
import { compile } from './payload/compile';
import { builtBefore, writeOutput, type Built } from './payload/output';
import { SOURCE, llamaSource } from './payload/source';
import { TARGETS, type Target } from './payload/targets';
import { ensureTools, toolchain } from './payload/tools';
import { PAYLOAD_DIR, type BuiltFiles } from './served-files';

const BUNDLE = join(PAYLOAD_DIR, 'llama-runner');
const CACHE = join(ROOT, 'node_modules/.cache/plugsight');
/** Raise when the form of the output changes, so that older outputs are made again. */
const FORM = 1;

/** `npm run payload:build`: the native runner for real phones, from pinned sources. docs/payload.md says more. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      abi: { type: 'string', multiple: true },
      jobs: { type: 'string', default: String(availableParallelism()) },
      force: { type: 'boolean' },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs: "${values.jobs}" is no number`);
  const targets = chosen(values.abi);
  await mkdir(CACHE, { recursive: true });
  const log = join(CACHE, 'payload-build.log');
  await ensureTools(targets, log);
  const inputs = await hashInputs(targets);
  const before = values.force ? undefined : await builtBefore(BUNDLE, inputs);
  if (before) return report(before, 'already built from these inputs');

  const started = performance.now();
  console.log(`Sources: ${SOURCE.package} ${SOURCE.version} (log: ${log})`);
  const source = await llamaSource(CACHE, log);
  const built: Built[] = [];
  for (const target of targets) {
    const tools = toolchain(target);
    console.log(`${target.abi}: ${tools.name}`);
    const begun = performance.now();
    const build = join(CACHE, 'llama-runner', target.abi);
    const compilation = { target, tools, project: BUNDLE, source, build, log, jobs };
    await compile(compilation);
    built.push({ ...compilation, seconds: seconds(begun) });
    console.log(`${target.abi}: ${seconds(begun)} s`);
  }
  const produced = await writeOutput(BUNDLE, ROOT, built, inputs);
  report(produced, `built in ${seconds(started)} s`);
}

function chosen(abis: readonly string[] | undefined): readonly Target[] {
  if (!abis) return TARGETS;
  const names = TARGETS.map(({ abi }) => abi as string);
  const unknown = abis.find((abi) => !names.includes(abi));
  if (unknown) throw new Error(`--abi: "${unknown}" is not one of ${names.join(', ')}`);
  return TARGETS.filter(({ abi }) => abis.includes(abi));
}

/** Hash of everything that the programs are made of. */
async function hashInputs(targets: readonly Target[]): Promise<string> {
  const hash = createHash('sha256');
  const compilers = targets.map((target) => toolchain(target));
  hash.update(JSON.stringify({ FORM, SOURCE, targets, compilers }));
  const sources = (await readdir(join(BUNDLE, 'src'))).sort().map((name) => join('src', name));
  for (const name of ['CMakeLists.txt', ...sources])
    hash.update(name).update(await readFile(join(BUNDLE, name)));
  hash.update(await readFile(join(ROOT, 'LICENSE')));
  return hash.digest('hex');
}

function report({ version, files }: BuiltFiles<BundleFile>, how: string): void {
  const width = Math.max(...files.map(({ url }) => url.length));
  for (const { url, bytes, sha256, cpu } of files)
    console.log(
      [url.padEnd(width), (bytes / 1e6).toFixed(2).padStart(6), 'MB', sha256, cpu?.join(' ')]
        .filter(Boolean)
        .join('  '),
    );
  console.log(`llama-runner …-${version}: ${how}. "npm start" serves it from now on.`);
}

const seconds = (since: number) => Math.round((performance.now() - since) / 100) / 10;

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
