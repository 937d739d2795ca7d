import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BundleFacts } from '../../domain/bundle';
import type { Labels } from './manifest';
import type { Wishes } from './plan';
import { RECIPES, findRecipe } from './recipes';
import type { Recipe } from './recipe';
import { sourceFile, type SourceFile } from './sources';

export interface PackOptions {
  readonly recipe: Recipe;
  readonly folders: readonly string[];
  readonly into: string;
  /** Empty: whatever the folders have files for. */
  readonly parts: readonly ('runner' | 'model')[];
  readonly wishes: Wishes;
  readonly labels: Labels;
  readonly force: boolean;
  readonly json: boolean;
}

const one = { type: 'string' } as const;
const several = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = {
  from: several,
  to: one,
  part: several,
  file: several,
  soc: several,
  arch: several,
  fact: several,
  sdk: one,
  id: one,
  version: one,
  title: one,
  licence: one,
  family: one,
  force: flag,
  json: flag,
};

/** Reads the arguments behind "payload pack". Throws what is wrong with them. */
export async function readPackOptions(args: readonly string[]): Promise<PackOptions> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [name = '', ...more] = positionals;
  const recipe = findRecipe(name);
  if (!recipe) throw new Error(`"${name}" is no recipe: ${Object.keys(RECIPES).join(', ')}`);
  const folders = [...(values.from ?? []), ...more]; // "--from A B" leaves B behind
  if (!values.to || folders.length === 0) throw new Error('--from and --to are needed');
  const parts = values.part ?? [];
  const sdk = values.sdk;
  if (sdk !== undefined && !/^\d+(\.\d+){1,4}$/.test(sdk))
    throw new Error(`--sdk: "${sdk}" is not like 2.37.0.250724`);
  const { id, version, title, licence, family } = values;
  if (parts.length !== 1 && (id ?? version ?? title ?? licence ?? family) !== undefined)
    throw new Error(
      '--id, --version, --title, --licence and --family are of one bundle: add --part',
    );
  return {
    ...{ recipe, folders, into: values.to, force: values.force, json: values.json },
    parts: parts.map((part) => oneOf('--part', part, ['runner', 'model'] as const)),
    wishes: {
      socs: listed('--soc', values.soc, /^[A-Z]{2,4}\d{3,5}[A-Z0-9]{0,4}$/, 'SM8650'),
      archs: listed('--arch', values.arch, /^v\d\d$/, 'v75'),
      ...{ sdk, named: await namedFiles(values.file ?? [], recipe) },
      facts: Object.fromEntries((values.fact ?? []).map(readFact)),
    },
    labels: { id, version, title, licence, family },
  };
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`${option}: "${value}" is none of ${known.join(', ')}`);
  return found;
}

/** "--arch v75 --arch v79" and "--arch v75,v79". */
function listed(
  option: string,
  values: readonly string[] | undefined,
  form: RegExp,
  like: string,
): readonly string[] {
  const all = (values ?? []).flatMap((value) => value.split(','));
  const wrong = all.find((value) => !form.test(value));
  if (wrong !== undefined) throw new Error(`${option}: "${wrong}" is not like ${like}`);
  return [...new Set(all)];
}

async function namedFiles(
  pairs: readonly string[],
  { runner, model }: Recipe,
): Promise<ReadonlyMap<string, SourceFile>> {
  const keys = [...runner.items, ...model.items].map(({ key }) => key);
  const named = new Map<string, SourceFile>();
  for (const pair of pairs) {
    const [key = '', path = ''] = split(pair);
    oneOf('--file', key, keys);
    // Named by hand: its own folder counts as given.
    const file = await sourceFile(path, [dirname(resolve(path))]);
    if (!file) throw new Error(`--file: there is no file "${path}"`);
    named.set(key, file);
  }
  return named;
}

function readFact(pair: string): readonly [string, BundleFacts[string]] {
  const [name = '', value = ''] = split(pair);
  if (!/^[a-z][A-Za-z0-9]{0,39}$/.test(name) || value === '' || value.length > 200)
    throw new Error(`--fact: "${pair}" is not like imageTokens=256`);
  if (value === 'true' || value === 'false') return [name, value === 'true'];
  const number = Number(value);
  return [name, Number.isFinite(number) ? number : value];
}

const split = (pair: string): readonly string[] => {
  const at = pair.indexOf('=');
  return at < 0 ? [pair] : [pair.slice(0, at), pair.slice(at + 1)];
};
