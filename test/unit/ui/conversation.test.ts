import { expect, test } from 'vitest';
import { INITIAL_RUN, type RunState } from '../../../src/domain/run';
import type { Recipe } from '../../../src/domain/recipe';
import { earlierQuestions } from '../../../src/ui/conversation';
import type { Turn } from '../../../src/ui/session.svelte';
import { RECIPE } from '../../fakes/recipe';

const DONE: RunState = { ...INITIAL_RUN, is: 'done', finish: 'stop' };
const PICTURE = 'aa';
const options = { conversation: 1 };

/** A turn with what is looked at. */
function turn(recipe: Partial<Recipe>, run: Partial<RunState> = {}, picture = PICTURE): Turn {
  const made = { ...RECIPE, options, ...recipe };
  const report = { recipe: made, input: { source: { sha256: picture } } };
  return { prompt: made.prompt, run: { ...DONE, ...run }, report, link: '' } as unknown as Turn;
}
const asking = {
  pipeline: RECIPE.pipeline,
  model: RECIPE.model,
  picture: PICTURE,
  options,
};

test('a conversation goes on from its last whole answer', () => {
  const first = turn({ prompt: 'one' });
  const second = turn({ prompt: 'two', earlier: ['one'] });
  expect(earlierQuestions([], asking)).toEqual([]);
  expect(earlierQuestions([first], asking)).toEqual(['one']);
  expect(earlierQuestions([first, second], asking)).toEqual(['one', 'two']);
  const failed = turn({ prompt: 'three', earlier: ['one', 'two'] }, { is: 'failed' });
  const stopped = turn({ prompt: 'three' }, { finish: 'cancelled' });
  expect(earlierQuestions([first, second, failed, stopped], asking)).toEqual(['one', 'two']);
});

test.each([
  ['no conversation wanted', {}, { ...asking, options: { conversation: 0 } }],
  ['none kept', { options: { conversation: 0 } }, asking],
  ['another pipeline', {}, { ...asking, pipeline: 'fastvlm' }],
  ['another model', {}, { ...asking, model: { id: 'other', version: '1.0.0' } }],
  ['another version', {}, { ...asking, model: { ...RECIPE.model, version: '2.0.0' } }],
  ['another picture', {}, { ...asking, picture: 'bb' }],
  ['as long as is kept', { earlier: Array<string>(20).fill('x') }, asking],
] as const)('%s: it begins anew', (_, recipe, next) => {
  expect(earlierQuestions([turn(recipe)], next)).toEqual([]);
});
