import type { Recipe } from '../recipe';
import { etqnn } from './etqnn';
import { fastvlm } from './fastvlm';
import { llamaMtmd } from './llama-mtmd';
import { llava } from './llava';
import { omniinfer } from './omniinfer';
import { qnnMultimodal } from './qnn-multimodal';

/** The table, by pipeline. docs/packing.md has a section for each. */
export const RECIPES: Readonly<Record<string, Recipe>> = Object.fromEntries(
  [omniinfer, qnnMultimodal, fastvlm, llava, llamaMtmd, etqnn].map((recipe) => [recipe.id, recipe]),
);

export function findRecipe(id: string): Recipe | undefined {
  return Object.hasOwn(RECIPES, id) ? RECIPES[id] : undefined;
}
