import type { Budget, InstalledBundle, Job } from '../../domain/pipeline';
import type { InputPlan } from '../../domain/prepare';
import { fail, ok, type Result } from '../../domain/result';
import type { HostTools } from '../../domain/workbench';
import { RUNNER_TEMPLATES } from '../../templates/runners';
import { checkPrompts } from '../prompt';
import { factsOf, numberFact } from '../setup';
import { contextOf, question } from './command';

/** Tokens that one pass of the prefill graph takes; so many of the context are out of a prompt's reach. Source: OmniInfer-LLM prompt_processor.cpp. */
const PREFILL = 128;
/** Pixels of a side that make a token. */
const CELL = 28;
/** The extractor shrinks what is longer. Source: OmniInfer-VLM tools/mtmd/clip.cpp. */
const LONGEST = 1024;

const TEMPLATE = RUNNER_TEMPLATES['omniinfer-qwen2_5-vl'];

/** Counts as the extractor renders: its own system turn, the picture's rows, text piece by piece. */
export async function budget(
  { setup, input, prompt, options }: Job,
  tools: HostTools,
  signal: AbortSignal,
): Promise<Result<Budget>> {
  const known = supported(setup.model);
  if (!known.ok) return known;
  const checked = checkPrompts([prompt], [TEMPLATE.marker]);
  if (!checked.ok) return checked;
  const picture = pictureTokens(input.plan);
  if (!picture.ok) return picture;
  const asked = question(prompt, options['image-first'] === 1);
  const rendered = TEMPLATE.rendered({ prompt: asked, system: '', images: 1 });
  const encoded = await tools.encode(rendered.split(TEMPLATE.marker), signal);
  if (!encoded.ok) return encoded;
  const text = encoded.value.reduce((sum, { length }) => sum + length, 0);
  const context = contextOf(setup);
  const promptTokens = picture.value + text;
  const promptLimit = Math.min(
    numberFact(setup.model, 'promptLimit') ?? Infinity,
    context - PREFILL,
  );
  if (promptTokens > promptLimit)
    return fail(
      'context-too-small',
      `${picture.value} tokens of the picture and ${text} of text; the decoder takes at most ${promptLimit}`,
    );
  const answerTokens = context - promptTokens;
  return ok({ imageTokens: picture.value, promptTokens, promptLimit, answerTokens, exact: true });
}

/** A picture that the extractor would resize is not the one that was shown and hashed. */
function pictureTokens({ width, height }: InputPlan): Result<number> {
  if (width % CELL || height % CELL || Math.max(width, height) > LONGEST)
    return fail(
      'image-shape',
      `${width} x ${height}: the vision step would resize it; sides must be multiples of ${CELL}, at most ${LONGEST}`,
    );
  return ok((width / CELL) * (height / CELL));
}

/** Said by the model's id, title or facts. Others show themselves by their width. */
function supported(model: InstalledBundle): Result<void> {
  const { id, title } = model.manifest;
  if (![id, title, ...factsOf(model)].some((text) => /qwen[-_ ]?3[-_ ]?vl/i.test(text)))
    return ok();
  return fail(
    'model-unsupported',
    `${title}: Qwen3-VL is not supported by the public runner. OmniInfer-VLM has no projector for it, qnn_llama_runner reads only rows of 2048 values, and mtmd_data.bin has no place for Qwen3-VL's deepstack rows. Use Qwen2.5-VL-3B.`,
  );
}
