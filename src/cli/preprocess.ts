import { mkdir, open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import type { InputRecipe, PreparedInput } from '../domain/prepare';
import { fail, type Result } from '../domain/result';
import { findFamily } from '../families';
import type { Param } from '../families/family';
import { checkParams } from '../families/params';
import { findProfile, PROFILES } from '../families/profiles';
import { openPage } from './open-page';

const USAGE = `usage: npm run -s cli -- preprocess --profile PROFILE [--param NAME=VALUE]... [--core simd|scalar] [--out DIR] --image FILE...
profiles: ${Object.keys(PROFILES).join(' ')}`;

/** What src/headless.ts offers in its page. */
interface Headless {
  choose(core: string): void;
  prepare(index: number, recipe: InputRecipe): Promise<Result<Described>>;
  read(index: number, from: number, to: number): string;
}
type Described = Omit<PreparedInput, 'preview' | 'outputs'> & {
  readonly outputs: readonly (Omit<PreparedInput['outputs'][number], 'data'> & {
    readonly bytes: number;
  })[];
};
declare global {
  interface Window {
    readonly headless: Headless;
  }
}

/** Bytes fetched from the page at a time. */
const PIECE = 8 << 20;

/** One JSON line per picture: what the model would read, or why not. Exit code 1 when any picture failed, 2 for wrong arguments. */
export async function preprocess(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(`${options}\n${USAGE}`);
    return 2;
  }
  await using headless = await openPage('headless.html', (line) => console.error(line));
  const { page } = headless;
  if (options.core) await page.evaluate((core) => window.headless.choose(core), options.core);
  let failed = false;
  for (const [i, image] of options.images.entries()) {
    const result = await prepare(page, image, options.recipe);
    const folder = folderName(options.images, i);
    if (result.ok && options.out) await save(page, result.value, join(options.out, folder));
    console.log(JSON.stringify({ image, ...line(result, options.profile) }));
    failed ||= !result.ok;
  }
  return failed ? 1 : 0;
}

interface Options {
  readonly profile: string;
  readonly recipe: InputRecipe;
  readonly images: readonly string[];
  readonly core: string | undefined;
  readonly out: string | undefined;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        profile: { type: 'string' },
        param: { type: 'string', multiple: true, default: [] },
        image: { type: 'string', multiple: true, default: [] },
        core: { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
  const { profile = '', param, image, core, out } = parsed.values;
  if (core !== undefined && core !== 'simd' && core !== 'scalar')
    return `--core: "${core}" is neither simd nor scalar`;
  const images = [...image, ...parsed.positionals];
  if (images.length === 0) return '--image: no picture is named';
  const recipe = readRecipe(profile, param);
  return typeof recipe === 'string' ? recipe : { profile, recipe, images, core, out };
}

/** A profile of the vectors, or a family by its own name, with parameters laid over it. */
function readRecipe(profile: string, given: readonly string[]): InputRecipe | string {
  const base = findProfile(profile) ?? { family: profile, params: {} };
  const family = findFamily(base.family);
  if (!family) return `--profile: there is no "${profile}"`;
  const params: Record<string, number | string | boolean> = { ...base.params };
  for (const text of given) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    const spec = Object.hasOwn(family.params, name) ? family.params[name] : undefined;
    if (!spec)
      return `--param ${text}: ${base.family} has ${Object.keys(family.params).join(', ')}`;
    params[name] = toValue(spec, value);
  }
  const checked = checkParams(family.params, params);
  return checked.ok ? { family: base.family, params } : `--param ${checked.failure.detail}`;
}

function toValue(spec: Param, text: string): number | string | boolean {
  if (spec.kind === 'number') return text.trim() === '' ? NaN : Number(text);
  if (spec.kind === 'switch') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

async function prepare(page: Page, image: string, recipe: InputRecipe): Promise<Result<Described>> {
  const file = await stat(image).catch(() => undefined);
  if (!file?.isFile()) return fail('image-not-image', 'there is no such file');
  await page.setInputFiles('input', image);
  return page.evaluate((r) => window.headless.prepare(0, r), recipe);
}

/** What is printed for one picture. */
function line(result: Result<Described>, profile: string): object {
  if (!result.ok) return { error: { code: result.failure.code, message: result.failure.detail } };
  const { source, plan, outputs, decoder, core } = result.value;
  return {
    profile,
    rgb_sha256: source.rgbSha256,
    width: source.width,
    height: source.height,
    outputs: outputs.map(({ name, dtype, shape, bytes, sha256 }) => ({
      ...{ name, dtype, shape, bytes, sha256 },
    })),
    tokens: plan.imageTokens ?? null,
    decoder,
    core,
  };
}

/** The picture's name; with its number when an earlier picture has the same. */
function folderName(images: readonly string[], i: number): string {
  const name = basename(images[i] ?? '');
  return images.slice(0, i).some((other) => basename(other) === name) ? `${name}-${i + 1}` : name;
}

/** Writes every output and the preview below `folder`. */
async function save(page: Page, { outputs }: Described, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = [
    ...outputs.map(({ name, dtype }) => (dtype === 'png' ? name : `${name}.bin`)),
    'preview.png',
  ];
  for (const [index, name] of names.entries()) {
    await using file = await open(join(folder, name), 'w');
    for (let from = 0; ; from += PIECE) {
      const base64 = await page.evaluate(([i, a, b]) => window.headless.read(i, a, b), [
        index,
        from,
        from + PIECE,
      ] as const);
      if (base64 === '') break;
      await file.write(Buffer.from(base64, 'base64'));
    }
  }
}
