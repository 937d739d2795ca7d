import type { Command } from '../../domain/device';
import type { Budget, Job, RunSetup, StepPipeline } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import { fileOf } from '../setup';
import { CONTEXT, llavaBudget } from './budget';
import { checkMemory } from './memory';
import { QUESTION_END, llavaParser } from './parser';
import { OFFERS } from '../offers';

/** ExecuTorch's llava_main: LLaVA-1.5-7B on the CPU. */
export const llava: StepPipeline = {
  ...OFFERS.llava,
  parser: llavaParser,
  budget: llavaBudget,
  async *run(job, budget, bench) {
    const memory = await checkMemory(job, bench);
    if (!memory.ok) return memory;
    if (memory.value) yield { kind: 'warning', failure: memory.value };
    const picture = job.input.outputs[0];
    // The runner decodes the file itself and passes on as many channels as it has: an RGB PNG has three, and loses nothing.
    if (picture?.dtype !== 'png')
      return fail('recipe-invalid', 'llava_main reads a picture file: prepare it as a PNG');
    const sent = await bench.send(picture);
    if (!sent.ok) return sent;
    const command = llavaCommand(job, budget, sent.value);
    if (!command.ok) return command;
    const exit = yield* bench.exec(command.value, llavaParser({ earlier: [], prompt: job.prompt }));
    return exit.ok ? ok() : exit;
  },
};

/** Flags of pytorch/executorch examples/models/llava/main.cpp, 0.7 and later. `seq_len` is prompt and answer together. */
export function llavaCommand(
  { setup, prompt, options }: Job,
  budget: Budget,
  imagePath: string,
): Result<Command> {
  const program = fileOf(setup.runner, 'runner');
  if (!program.ok) return program;
  const model = fileOf(setup.model, 'language');
  if (!model.ok) return model;
  const tokenizer = tokenizerFor(setup.model);
  if (!tokenizer.ok) return tokenizer;
  const { context = CONTEXT, threads } = setup.model.manifest.model ?? {};
  const length = Math.min(context, budget.promptTokens + budget.answerTokens);
  return ok({
    argv: [
      program.value,
      `--model_path=${model.value}`,
      `--tokenizer_path=${tokenizer.value}`,
      `--image_path=${imagePath}`,
      `--prompt=${prompt}${QUESTION_END}`,
      `--seq_len=${length}`,
      `--temperature=${options['temperature'] ?? 0}`,
      ...(threads ? [`--cpu_threads=${threads}`] : []),
    ],
    cwd: setup.runner.dir,
    env: { ...setup.env },
  });
}

/** The export's own tokenizer.bin where it lies beside a tokenizer.json, which is then the page's. */
function tokenizerFor(model: RunSetup['model']): Result<string> {
  const files = model.files.filter(({ role }) => role === 'tokenizer');
  const own = files.find(({ path }) => !path.endsWith('.json')) ?? files[0];
  return own ? ok(`${model.dir}/${own.path}`) : fileOf(model, 'tokenizer');
}
