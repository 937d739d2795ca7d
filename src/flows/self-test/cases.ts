import type { BundleSource } from '../../domain/bundle';
import type { InputRecipe, PreparedInput, Preparer } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import type { OwnEncoder } from './page-engine';
import { readPageFile } from './page-files';

/** A picture of the page's, for a model that brings none of its own. */
export interface OwnPicture {
  readonly file: Blob;
}

/** One picture as the phone gets it, and what to ask about it. */
export interface Case {
  readonly input: PreparedInput;
  readonly prompt: string;
  /** What a phone that computes rightly says; undefined: nobody knows. */
  readonly answer: string | undefined;
}

/** Asked where no answer is known: something that every model understands. */
const ANY_PROMPT = 'Describe the image.';

interface Wanted {
  readonly source: BundleSource;
  readonly pictures: () => Promise<Result<readonly OwnPicture[]>>;
  readonly encoder?: OwnEncoder;
}

/** The model's own cases, or the page's pictures without answers; prepared as the phone gets them. */
export async function casesOf(
  wanted: Wanted,
  preparer: Preparer,
  signal: AbortSignal,
): Promise<Result<readonly Case[]>> {
  const recipe = recipeOf(wanted);
  if (!recipe) return fail('recipe-invalid', 'the model does not say how pictures are prepared');
  const raw = await rawCases(wanted, signal);
  if (!raw.ok) return raw;
  const cases: Case[] = [];
  for (const { file, prompt, answer } of raw.value) {
    const input = await preparer.prepare(file, recipe, signal);
    if (!input.ok) return input;
    cases.push({ input: input.value, prompt, answer });
  }
  return ok(cases);
}

/**
 * Both engines must see the same pixels: for an encoder of the user's the phone gets a picture of exactly the encoder's
 * size, which the runner then has no reason to resize.
 */
function recipeOf({ source, encoder }: Wanted): InputRecipe | undefined {
  const own = source.manifest.model?.input;
  return encoder ? { family: 'square-png', params: { size: encoder.size } } : own;
}

interface RawCase {
  readonly file: Blob;
  readonly prompt: string;
  readonly answer: string | undefined;
}

async function rawCases(
  { source, pictures }: Wanted,
  signal: AbortSignal,
): Promise<Result<readonly RawCase[]>> {
  const known = source.manifest.model?.selfTest?.cases;
  if (!known) {
    const own = await pictures();
    if (!own.ok) return own;
    return ok(own.value.map(({ file }) => ({ file, prompt: ANY_PROMPT, answer: undefined })));
  }
  const cases: RawCase[] = [];
  for (const { picture, prompt, answer } of known) {
    const file = await readPageFile(source, picture, signal);
    if (!file.ok) return file;
    cases.push({ file: file.value, prompt, answer });
  }
  return ok(cases);
}
