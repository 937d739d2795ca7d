import type { Budget, Job, StepPipeline } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import { checkFiles, readBuild } from './checks';
import { CONTEXT, mtmdCommand } from './command';
import { llamaMtmdParser } from './parser';
import { OFFERS } from '../offers';

const MARKER = '<__media__>';
/** Of the longest chat templates around one question, with room to spare. */
const TEMPLATE_TOKENS = 64;

/** Upstream's llama-mtmd-cli, of the user's own build. */
export const llamaMtmd: StepPipeline = {
  ...OFFERS['llama-mtmd'],
  parser: llamaMtmdParser,
  budget: async (job) => mtmdBudget(job),
  async *run(job, budget, bench) {
    const picture = job.input.outputs[0];
    if (picture?.dtype !== 'png')
      return fail('recipe-invalid', 'llama-mtmd-cli reads a picture file: prepare it as a PNG');
    const files = await checkFiles(job, bench);
    if (!files.ok) return files;
    const build = await readBuild(job.setup.runner, bench);
    if (!build.ok) return build;
    const sent = await bench.send(picture);
    if (!sent.ok) return sent;
    const command = mtmdCommand(job, budget, sent.value, build.value);
    if (!command.ok) return command;
    yield { kind: 'phase', phase: 'load' };
    const exit = yield* bench.exec(command.value, llamaMtmdParser(), { interrupt: true });
    return exit.ok ? ok() : exit;
  },
};

/**
 * An upper bound: the template is the GGUF's own, and no tokenizer.json lies beside it. A token of text stands for at least
 * one byte; how many a picture takes only the model knows, unless plan or manifest say it. The runner refuses what is too
 * long in good order. Failures: prompt-marker, context-too-small.
 */
export function mtmdBudget({ prompt, setup, input, options }: Job): Result<Budget> {
  if (prompt.includes(MARKER)) return fail('prompt-marker', MARKER);
  const context = setup.model.manifest.model?.context ?? CONTEXT;
  const stated = setup.model.manifest.facts?.['imageTokens'];
  const known = input.plan.imageTokens ?? (typeof stated === 'number' ? stated : undefined);
  const imageTokens = known ?? (options['image-max-tokens'] || 0);
  const text = new TextEncoder().encode(prompt).length + TEMPLATE_TOKENS;
  const room = context - imageTokens - text;
  if (room < 1)
    return fail(
      'context-too-small',
      `up to ${imageTokens + text} tokens of ${context}, none for the answer`,
    );
  return ok({
    imageTokens,
    promptTokens: imageTokens + text,
    promptLimit: context - 1,
    answerTokens: Math.min(room, options['max-tokens'] ?? 256),
    exact: false,
  });
}
