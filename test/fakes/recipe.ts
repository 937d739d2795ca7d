import type { Recipe } from '../../src/domain/recipe';

/** A recipe as the page makes them. */
export const RECIPE: Recipe & { readonly input: NonNullable<Recipe['input']> } = {
  v: 1,
  app: '0.1.0',
  pipeline: 'llama-runner',
  runner: { id: 'llama-runner', version: '1.0.0', sha256: '1f'.repeat(32) },
  model: { id: 'tiny-vlm', version: '1.0.0', sha256: '2e'.repeat(32) },
  image: { kind: 'sample', id: 'shapes' },
  input: { family: 'square-png', params: { size: 128, alpha: 'drop' }, sha256: '3d'.repeat(32) },
  prompt: 'What colour is the circle?',
  options: { 'max-tokens': 96, temperature: 0, seed: 0 },
  device: { class: 'SM8650', simulated: false },
};
