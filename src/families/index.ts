import type { InputPlan, InputRecipe } from '../domain/prepare';
import { fail, ok, type Result } from '../domain/result';
import type { Family, Work } from './family';
import { fitPng } from './fit-png';
import { checkParams } from './params';
import { squarePng } from './square-png';

/** The table. The form, the links, the worker and the tests read it; none of them names a family. */
export const FAMILIES = {
  'square-png': squarePng,
  'fit-png': fitPng,
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
