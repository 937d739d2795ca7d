import { MTMD_HEADER_BYTES, parseMtmdHeader, type MtmdShape } from '../../domain/mtmd';
import type { Asked, Budget, Job, StepPipeline } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import type { ParsedEvent } from '../../domain/run';
import type { Workbench } from '../../domain/workbench';
import { answerOf } from '../executorch/answer';
import { budget } from './budget';
import { decodeCommand, extractCommand, findFiles, question, type Files } from './command';
import { omniinferParser } from './parser';
import { OFFERS } from '../offers';

/** Values a token, and rows of positions, that the decoder is written for; it does not look itself. Source: OmniInfer-LLM runner.cpp. */
const WIDTH = 2048;
const POSITION_ROWS = 3;
const EMBEDS = 'mtmd_data.bin';

/** OmniInfer: a vision step by llama.cpp on the NPU, a decoder by ExecuTorch on the NPU, a file between them. */
export const omniinfer: StepPipeline = {
  ...OFFERS.omniinfer,
  parser: omniinferParser,
  budget,
  run,
};

async function* run(
  { setup, input, prompt, options }: Job,
  counted: Budget,
  bench: Workbench,
): AsyncGenerator<ParsedEvent, Result<void>, void> {
  const files = findFiles(setup);
  if (!files.ok) return files;
  const builds = await checkBuilds(bench, files.value);
  if (!builds.ok) return builds;
  const [output] = input.outputs;
  if (output?.dtype !== 'png')
    return fail('manifest-invalid', 'model.input.family: must make a PNG, such as qwen-png');
  const image = await bench.send(output);
  if (!image.ok) return image;

  const about: Asked = { earlier: [], prompt };
  const cwd = bench.dir;
  const asked = { image: image.value, question: question(prompt, options['image-first'] === 1) };
  yield { kind: 'fact', name: 'engine', value: 'OmniInfer (llama.cpp fork, ExecuTorch QNN)' };
  yield { kind: 'phase', phase: 'load' };
  const extract = extractCommand(setup, files.value, { ...asked, cwd });
  const extracted = yield* bench.exec(extract, omniinferParser(about));
  if (!extracted.ok) return extracted;
  const embeds = await readHeader(bench, counted);
  if (!embeds.ok) return embeds;
  if (counted.exact && embeds.value.tokens !== counted.promptTokens)
    yield {
      kind: 'fact',
      name: 'prompt-differs',
      value: `the vision step made ${embeds.value.tokens} tokens, counted were ${counted.promptTokens}: another tokenizer, or it resized the picture`,
    };
  // Tens of megabytes of text that nobody reads.
  const removed = await bench.remove('mtmd_embeddings.txt');
  if (!removed.ok) return removed;

  yield { kind: 'phase', phase: 'load' };
  const temperature = options.temperature ?? 0;
  const kvUpdater = await bench.contains(files.value.runner, 'kv_updater');
  if (!kvUpdater.ok) return kvUpdater;
  const decode = { embeds: `${cwd}/${EMBEDS}`, temperature, cwd, kvUpdater: kvUpdater.value };
  return yield* answerOf(bench, decodeCommand(setup, files.value, decode), omniinferParser(about));
}

/** Upstream's programs have the same names and do something else. */
async function checkBuilds(bench: Workbench, files: Files): Promise<Result<void>> {
  const marks = [
    ['vision-runner', EMBEDS, "OmniInfer-VLM's llama-mtmd-cli; upstream's is a chat program"],
    ['runner', 'embeds_path', "OmniInfer-LLM's qnn_llama_runner; upstream's has no --embeds_path"],
  ] as const;
  for (const [role, mark, what] of marks) {
    const found = await bench.contains(files[role], mark);
    if (!found.ok) return found;
    if (!found.value) return fail('payload-file-invalid', `${files[role]} is not ${what}`);
  }
  return ok();
}

/** The decoder checks neither size nor width of what it reads, and writes out of bounds when it is too long: so we do. */
async function readHeader(bench: Workbench, counted: Budget): Promise<Result<MtmdShape>> {
  const size = await bench.size(EMBEDS);
  if (!size.ok) return size;
  if (size.value === undefined)
    return fail('mtmd-missing', 'the vision step ended with 0 and left no mtmd_data.bin');
  const head = await bench.head(EMBEDS, MTMD_HEADER_BYTES);
  if (!head.ok) return head;
  const shape = parseMtmdHeader(head.value, size.value);
  if (!shape.ok) return shape;
  const { tokens, width, positionRows } = shape.value;
  if (width !== WIDTH || positionRows !== POSITION_ROWS)
    return fail(
      'mtmd-invalid',
      `rows of ${width} values and ${positionRows} of positions; the decoder is written for ${WIDTH} and ${POSITION_ROWS} (Qwen2.5-VL-3B)`,
    );
  if (tokens > counted.promptLimit)
    return fail('context-too-small', `${tokens} tokens; at most ${counted.promptLimit}`);
  return shape;
}
