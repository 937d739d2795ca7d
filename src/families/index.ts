import type { InputPlan, InputRecipe } from '../domain/prepare';
import { fail, ok, type Result } from '../domain/result';
import type { Family, Work } from './family';
import { cropSquare } from './crop-square';
import { fastvlmU8 } from './fastvlm';
import { fitPng } from './fit-png';
import { internvl } from './internvl';
import { llamacpp } from './llamacpp';
import { llavaEt } from './llava-et';
import { checkParams } from './params';
import { qwen } from './qwen';
import { qwenPng } from './qwen-png';
import { CLIP, HALF, IMAGENET } from './shared';
import { smolvlm } from './smolvlm';
import { square } from './square';
import { squarePng } from './square-png';

/** The table. The form, the links, the worker and the tests read it; none of them names a family. */
export const FAMILIES = {
  'square-png': squarePng,
  'fit-png': fitPng,
  'qwen-png': qwenPng,
  'qwen2.5-vl': qwen({
    title: 'Qwen2.5-VL',
    patch: 14,
    minPixels: 3136,
    maxPixels: 12_845_056,
    ...CLIP,
  }),
  'qwen3-vl': qwen({
    title: 'Qwen3-VL',
    patch: 16,
    minPixels: 65_536,
    maxPixels: 16_777_216,
    mean: HALF,
    std: HALF,
  }),
  smolvlm,
  'smolvlm-512': square({
    title: 'SmolVLM, one frame (ExecuTorch)',
    size: 512,
    filter: 'lanczos',
    mean: HALF,
    std: HALF,
    tokens: 64,
  }),
  internvl3: internvl,
  'internvl3-448': square({
    title: 'InternVL3, one frame (ExecuTorch)',
    size: 448,
    filter: 'bicubic',
    ...IMAGENET,
    tokens: 256,
  }),
  'fastvlm-u8': fastvlmU8,
  'fastvlm-pad': cropSquare({
    title: 'FastVLM, Apple’s padded square',
    summary: 'Made square with black bars, resized, as numbers from 0 to 1.',
    size: 1024,
    mean: '0,0,0',
    std: '1,1,1',
    tokens: 256,
    padColour: '0,0,0',
  }),
  'llava-1.5': cropSquare({
    title: 'LLaVA-1.5',
    summary: 'The middle square of the picture.',
    size: 336,
    ...CLIP,
    tokens: 576,
    padColour: 'none',
  }),
  'llava-1.5-pad': cropSquare({
    title: 'LLaVA-1.5, padded',
    summary: 'The whole picture, made square with bars in the mean colour.',
    size: 336,
    ...CLIP,
    tokens: 576,
    padColour: '122,116,104',
  }),
  'llava-1.5-et': llavaEt,
  llamacpp,
} as const satisfies Record<string, Family>;
export type FamilyId = keyof typeof FAMILIES;

/** Looks a family up; links may name one that does not exist. */
export function findFamily(id: string): Family | undefined {
  return Object.hasOwn(FAMILIES, id) ? FAMILIES[id as FamilyId] : undefined;
}

/**
 * What a recipe does with a picture of this size. Pure and quick: a form may call it at every move of a slider.
 * Failures: recipe-invalid, image-shape.
 */
export function planWork(recipe: InputRecipe, width: number, height: number): Result<Work> {
  const row = findFamily(recipe.family);
  if (!row) return fail('recipe-invalid', `there is no family "${recipe.family}"`);
  const values = checkParams(row.params, recipe.params);
  return values.ok ? row.plan(width, height, values.value) : values;
}

/** The part of `planWork` that people want to see. */
export function planInput(recipe: InputRecipe, width: number, height: number): Result<InputPlan> {
  const work = planWork(recipe, width, height);
  return work.ok ? ok(work.value.plan) : work;
}
