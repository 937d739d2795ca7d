import type { Budget, Job } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { HostTools } from '../../domain/workbench';
import { checkPrompts } from '../prompt';
import { contextOf } from './command';
import { generationFact, MARKERS, modelOf, turnPieces, type Generation } from './model';

/**
 * The published InternVL3 run (ExecuTorch pull request 16536) counts 272 tokens where template and tokenizer give 271. What the one
 * is, nobody says; so each turn has one more, and no count is called exact.
 */
const UNEXPLAINED = 1;

const GENERATIONS: readonly Generation[] = ['1.2', '1.3'];

/**
 * Counts every turn as the runner renders it. Where the packer did not say which generation the program
 * is, that shows only on the phone: the larger count stands. Of earlier answers, which are made anew, only their first token is counted.
 */
export async function budget(
  job: Job,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Budget>> {
  const questions = [...job.earlier, job.prompt];
  const model = modelOf(job.input.recipe.family);
  const imageTokens = job.input.plan.imageTokens;
  if (!model || imageTokens === undefined)
    return fail(
      'model-unsupported',
      `the runner has no model with ${job.input.recipe.family} pictures`,
    );
  const checked = checkPrompts(questions, MARKERS);
  if (!checked.ok) return checked;
  const known = generationFact(job.setup.runner);
  const counts: number[] = [];
  for (const generation of known ? [known] : GENERATIONS) {
    const turns = turnPieces(model, questions, generation);
    const encoded = await tools.encode(turns.flat(), signal);
    if (!encoded.ok) return encoded;
    const pictures = turns.filter(({ length }) => length > 1).length;
    const text = encoded.value.reduce((sum, { length }) => sum + length, 0);
    counts.push(text + pictures * imageTokens + questions.length * UNEXPLAINED);
  }
  const promptTokens = Math.max(...counts);
  const context = contextOf(job.setup);
  const answerTokens = context - promptTokens - job.earlier.length;
  const promptLimit = context - 1;
  if (answerTokens < 1)
    return fail(
      'context-too-small',
      `${promptTokens} tokens of picture and ${questions.length} question(s) leave no room for an answer; the model was compiled for ${context}`,
    );
  return ok({ imageTokens, promptTokens, promptLimit, answerTokens, exact: false });
}
