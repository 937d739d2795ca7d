import type { Budget, Job } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { HostTools } from '../../domain/workbench';
import { fastVlm } from '../../templates/fastvlm';
import { shapeOf } from './model';

/** Ids of the text before and after the picture's rows. A follow-up has no picture and no `before`. */
export interface Question {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The conversation is kept by Genie, and this is not its first question. */
export const isFollowUp = ({ options, earlier }: Pick<Job, 'options' | 'earlier'>): boolean =>
  options['conversation'] === 1 && earlier.length > 0;

/**
 * Writes the question as FastVLM was trained and counts it, piece by piece as the embedder gets it. What a follow-up adds
 * to the saved state begins with the end of the answer before it. Failures: prompt-marker, those of the tokenizer.
 */
export async function encodeQuestion(
  { prompt }: Pick<Job, 'prompt'>,
  followUp: boolean,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Question>> {
  if (prompt.includes(fastVlm.marker)) return fail('prompt-marker', fastVlm.marker);
  const [before = '', after = ''] = followUp
    ? ['', `<|im_end|>\n<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`]
    : whole(prompt).split(fastVlm.marker);
  const encoded = await tools.encode([before, after], signal);
  if (!encoded.ok) return encoded;
  return ok({ before: [...(encoded.value[0] ?? [])], after: [...(encoded.value[1] ?? [])] });
}

const whole = (prompt: string): string =>
  fastVlm.render([{ role: 'user', parts: [{ kind: 'image' }, { kind: 'text', text: prompt }] }]);

/**
 * Rows of picture and text, and what they leave. Of a follow-up only the new text is known here; what the saved state
 * holds is checked before it is sent. Failures: context-too-small, and those of `encodeQuestion`.
 */
export async function fastVlmBudget(
  job: Job,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Budget>> {
  const followUp = isFollowUp(job);
  const question = await encodeQuestion(job, followUp, tools, signal);
  if (!question.ok) return question;
  const { imageRows, context } = shapeOf(job.setup.model);
  const text = question.value.before.length + question.value.after.length;
  const promptTokens = imageRows + text;
  const fits = roomFor(promptTokens, context, job.options);
  if (!fits.ok) return fits;
  return ok({
    imageTokens: imageRows,
    promptTokens,
    promptLimit: context - 1,
    answerTokens: fits.value,
    exact: !followUp,
  });
}

/** Tokens left for the answer behind this many; at least one. Failure: context-too-small. */
export function roomFor(used: number, context: number, options: Job['options']): Result<number> {
  const room = context - used;
  if (room < 1)
    return fail('context-too-small', `${used} tokens of ${context}, none for the answer`);
  return ok(Math.min(room, options['max-tokens'] ?? room));
}
