import type { Budget, Job } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { HostTools } from '../../domain/workbench';
import { RUNNER_TEMPLATES } from '../../templates/runners';

/** As exported. Source: pytorch/executorch examples/models/llava. */
export const CONTEXT = 768;
const IMAGE_TOKENS = 576;
/** Of the context, picture and preset leave some 150 for question and answer: more than this leaves no answer to speak of. */
const MAX_QUESTION_TOKENS = 100;
/** The preset before the picture, with its begin token, at most: measured about 35. */
const PRESET_TOKENS = 40;

/**
 * Counts with a tokenizer.json where the bundle has one. With a tokenizer.bin alone the question is bounded by its bytes:
 * a SentencePiece token stands for at least one. Failures: prompt-too-long, prompt-marker, those of the tokenizer.
 */
export async function llavaBudget(
  job: Job,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Budget>> {
  const { marker, rendered } = RUNNER_TEMPLATES['executorch-llava15'];
  if (job.prompt.includes(marker)) return fail('prompt-marker', marker);
  const [preset = '', tail = ''] = rendered({ prompt: job.prompt, system: '', images: 1 }).split(
    marker,
  );
  const exact = job.setup.model.manifest.files.some(
    ({ role, path }) => role === 'tokenizer' && path.endsWith('.json'),
  );
  const counted = exact ? await count([preset, tail], tools, signal) : ok(bound(tail));
  if (!counted.ok) return counted;
  const [before, question] = counted.value;
  const context = job.setup.model.manifest.model?.context ?? CONTEXT;
  const promptTokens = before + IMAGE_TOKENS + question;
  const room = context - promptTokens;
  const said = exact ? `${question} tokens` : `up to ${question} tokens, counted by bytes`;
  if (exact && question > MAX_QUESTION_TOKENS)
    return fail('prompt-too-long', `${said}; at most ${MAX_QUESTION_TOKENS}`);
  if (room < 1) return fail('prompt-too-long', `${said}; ${context - before - IMAGE_TOKENS} fit`);
  return ok({
    imageTokens: IMAGE_TOKENS,
    promptTokens,
    promptLimit: context - 1,
    answerTokens: Math.min(room, job.options['max-tokens'] ?? room),
    exact,
  });
}

async function count(
  texts: readonly string[],
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<readonly [number, number]>> {
  const encoded = await tools.encode(texts, signal);
  if (!encoded.ok) return encoded;
  const [before, tail] = encoded.value.map(({ length }) => length);
  return ok([(before ?? 0) + 1, tail ?? 0]); // the runner puts a begin token first
}

/** One more than bytes: SentencePiece puts a blank before a text. */
const bound = (tail: string): readonly [number, number] => [
  PRESET_TOKENS,
  new TextEncoder().encode(tail).length + 1,
];
