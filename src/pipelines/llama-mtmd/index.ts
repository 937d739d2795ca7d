import type { Budget, Job, StepPipeline } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import { option } from '../setup';
import { checkFiles, readBuild } from './checks';
import { CONTEXT, mtmdCommand } from './command';
import { llamaMtmdParser } from './parser';

const MARKER = '<__media__>';
/** Of the longest chat templates around one question, with room to spare. */
const TEMPLATE_TOKENS = 64;

/** Upstream's llama-mtmd-cli, of the user's own build. */
export const llamaMtmd: StepPipeline = {
  kind: 'steps',
  title: 'llama.cpp, upstream',
  summary:
    'llama-mtmd-cli of your own build, on the CPU or on Hexagon. Loads anew for each question.',
  streams: true,
  runner: 'simulated-llama-mtmd-runner',
  model: 'simulated-llama-mtmd-model',
  needs: ['language', 'vision'],
  options: {
    'max-tokens': option('Answer length', 'at most this many tokens', [1, 2048, 1], 256),
    temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
    'top-k': option('Top-k', 'choose among this many tokens; 0: all', [0, 200, 1], 40),
    'top-p': option('Top-p', 'choose among tokens that make up this share', [0, 1, 0.01], 0.95),
    seed: option('Seed', 'matters when the temperature is above 0', [0, 4294967295, 1], 0),
    hexagon: option(
      'Hexagon',
      '1: on the NPU (v73 and later, Q4_0 or Q8_0 weights); 0: on the CPU',
      [0, 1, 1],
      0,
    ),
    'image-max-tokens': option(
      'Picture tokens',
      'at most; 0: as the model wants; fewer are faster',
      [0, 16_384, 1],
      0,
    ),
  },
  requests: ({ hexagon }) =>
    hexagon === 1 ? { vision: 'npu', language: 'npu' } : { vision: 'cpu', language: 'cpu' },
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
