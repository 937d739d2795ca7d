import type { Budget, Job, StepPipeline } from '../../domain/pipeline';
import type { PreparedOutput } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import type { ParsedEvent } from '../../domain/run';
import type { Workbench } from '../../domain/workbench';
import { answerOf } from '../executorch/answer';
import { filesOf } from '../setup';
import { budget } from './budget';
import { answerCommand, contextOf, PARTS } from './command';
import { modelOf, type Generation } from './model';
import { qnnMultimodalParser } from './parser';
import { OFFERS } from '../offers';

/** ExecuTorch's runner for small vision-language models, compiled whole for the NPU. */
export const qnnMultimodal: StepPipeline = {
  ...OFFERS['qnn-multimodal'],
  parser: qnnMultimodalParser,
  budget,
  run,
};

async function* run(
  { setup, input, prompt, earlier, options }: Job,
  counted: Budget,
  bench: Workbench,
): AsyncGenerator<ParsedEvent, Result<void>, void> {
  const program = filesOf(setup.runner, ['runner']);
  if (!program.ok) return program;
  const parts = filesOf(setup.model, PARTS);
  if (!parts.ok) return parts;
  const files = { ...program.value, ...parts.value };
  const generation = await generationOf(bench, files.runner);
  if (!generation.ok) return generation;
  const version = modelOf(input.recipe.family)?.version;
  const [tensor] = input.outputs;
  if (!version || tensor?.dtype !== 'float32')
    return fail('manifest-invalid', `model.input.family: ${input.recipe.family} makes no tensor`);
  const image = await sendImage(bench, tensor, generation.value);
  if (!image.ok) return image;

  const engine = `ExecuTorch QNN multimodal runner, v${generation.value}${generation.value === '1.3' ? ' or later' : ''}`;
  yield { kind: 'fact', name: 'engine', value: engine };
  yield { kind: 'phase', phase: 'load' };
  const command = answerCommand(setup, files, {
    ...{ version, generation: generation.value, image: image.value, cwd: bench.dir },
    questions: [...earlier, prompt],
    seqLen: seqLen(contextOf(setup), counted, earlier.length, options['max-tokens'] ?? 0),
    temperature: options.temperature ?? 0,
  });
  return yield* answerOf(bench, command, qnnMultimodalParser({ earlier, prompt }));
}

/** Prompt and answer together. Earlier answers take what they take: then nothing is cut short. */
const seqLen = (context: number, counted: Budget, earlier: number, maxTokens: number): number =>
  maxTokens > 0 && earlier === 0 ? Math.min(context, counted.promptTokens + maxTokens) : context;

/** By the name of a flag in the program. The wrong flags end in an exit or an abort. */
async function generationOf(bench: Workbench, program: string): Promise<Result<Generation>> {
  for (const [flag, generation] of [
    ['tok_embedding_path', '1.3'],
    ['embedding_path', '1.2'],
  ] as const) {
    const found = await bench.contains(program, flag);
    if (!found.ok) return found;
    if (found.value) return ok(generation);
  }
  return fail(
    'payload-file-invalid',
    `${program} is not qnn_multimodal_runner: it has neither --tok_embedding_path nor --embedding_path`,
  );
}

/** 1.3 wants a list of files. It would take a blank or line end behind a path for one more, nameless file. */
async function sendImage(
  bench: Workbench,
  tensor: PreparedOutput,
  generation: Generation,
): Promise<Result<string>> {
  const raw = await bench.send(tensor);
  if (!raw.ok || generation === '1.2') return raw;
  if (/\s/.test(raw.value))
    throw new Error(`a path with a blank cannot stand in a list: ${raw.value}`);
  return bench.put('pictures.txt', raw.value);
}
