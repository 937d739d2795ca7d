import type { OptionValues } from '../domain/pipeline';
import { MAX_EARLIER } from '../domain/recipe';
import type { Turn } from './session.svelte';

/** What is about to be asked. */
export interface Asking {
  readonly pipeline: string;
  readonly model: { readonly id: string; readonly version: string };
  /** sha256 of the picture's file; undefined: the pipeline reads none. */
  readonly picture: string | undefined;
  readonly options: OptionValues;
}

/**
 * The questions that belong before this one: those of the last whole answer about the same picture, by the same pipeline
 * and model, where a conversation is wanted (option `conversation`). None: this one begins anew.
 */
export function earlierQuestions(turns: readonly Turn[], asking: Asking): readonly string[] {
  if (asking.options['conversation'] !== 1) return [];
  const last = turns.findLast(({ report, run }) => {
    const { recipe, input } = report;
    return (
      run.is === 'done' &&
      run.finish !== 'cancelled' &&
      recipe.options['conversation'] === 1 &&
      recipe.pipeline === asking.pipeline &&
      recipe.model.id === asking.model.id &&
      recipe.model.version === asking.model.version &&
      input?.source.sha256 === asking.picture
    );
  });
  if (!last) return [];
  const { earlier = [], prompt } = last.report.recipe;
  return earlier.length < MAX_EARLIER ? [...earlier, prompt] : [];
}
