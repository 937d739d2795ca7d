import type { Command } from '../../domain/device';
import type { RunSetup } from '../../domain/pipeline';
import { ok, type Result } from '../../domain/result';
import { RUNNER_TEMPLATES } from '../../templates/runners';
import { RESULTS } from '../executorch/answer';
import { filesOf, qnnEnv } from '../setup';
import { OFFERS } from '../offers';

/** Prompt and answer together, as the decoder was compiled. Source: OmniInfer-LLM runner.cpp. */
export const CONTEXT = 2048;

const PROGRAMS = ['vision-runner', 'runner'] as const;
export const PARTS = OFFERS.omniinfer.needs;
export type Files = Readonly<Record<(typeof PROGRAMS)[number] | (typeof PARTS)[number], string>>;

/** Everything that the two programs need, as it lies on the phone. */
export function findFiles({ runner, model }: RunSetup): Result<Files> {
  const programs = filesOf(runner, PROGRAMS);
  if (!programs.ok) return programs;
  const parts = filesOf(model, PARTS);
  return parts.ok ? ok({ ...programs.value, ...parts.value }) : parts;
}

/** The question as llama-mtmd-cli gets it: it puts the picture behind the text, unless a marker stands elsewhere. */
export const question = (prompt: string, imageFirst: boolean): string =>
  imageFirst ? RUNNER_TEMPLATES['omniinfer-qwen2_5-vl'].marker + prompt : prompt;

/**
 * The extractor: picture and question in, mtmd_data.bin in its working folder out. `-ngl 0`: the NPU poses as a GPU, and
 * the language model, of which only the embedding table is read, must not go there. libcdsprpc.so is the vendor's.
 * Source: OmniInfer-VLM README.md, tools/mtmd/mtmd-cli.cpp; it knows no --no-warmup.
 */
export const extractCommand = (
  setup: RunSetup,
  files: Files,
  asked: { readonly image: string; readonly question: string; readonly cwd: string },
): Command => ({
  argv: [
    files['vision-runner'],
    ...['-m', files.language],
    ...['--mmproj', files.vision],
    ...['--image', asked.image],
    ...['-p', asked.question],
    ...['-ngl', '0'],
    ...['-t', String(setup.model.manifest.model?.threads ?? setup.bigCores)],
  ],
  cwd: asked.cwd,
  env: {
    ...qnnEnv({ ...setup, env: {} }),
    LD_LIBRARY_PATH: `${setup.runner.dir}:/vendor/lib64`,
    DSP_LIBRARY_PATH: setup.runner.dir,
    ...setup.env,
  },
});

interface DecodeAsked {
  readonly embeds: string;
  readonly temperature: number;
  readonly cwd: string;
  /** True for a program with `--kv_updater`, as in the fork's own version; newer ones have `--shared_buffer` in its place. */
  readonly kvUpdater: boolean;
}

/**
 * The decoder. `qwen3`, though the model is a Qwen2.5: only so `<|im_end|>` is in its stop set, and with embeddings the
 * version changes nothing else. It exits with 0 when it could not write: the folder of `--output_path` must be there.
 * Source: OmniInfer-LLM examples/qualcomm/oss_scripts/llama/qnn_llama_runner.cpp, runner/runner.cpp.
 */
export const decodeCommand = (setup: RunSetup, files: Files, asked: DecodeAsked): Command => ({
  argv: [
    files.runner,
    ...['--decoder_model_version', 'qwen3'],
    ...['--tokenizer_path', files.tokenizer],
    ...['--model_path', files.decoder],
    ...['--seq_len', String(contextOf(setup))],
    ...['--output_path', `${asked.cwd}/${RESULTS[0]}`],
    ...['--performance_output_path', `${asked.cwd}/${RESULTS[1]}`],
    ...(asked.kvUpdater ? ['--kv_updater', 'SmartMask'] : ['--shared_buffer']),
    ...['--eval_mode', '1'],
    ...['--temperature', String(asked.temperature)],
    ...['--embeds_path', asked.embeds],
  ],
  cwd: asked.cwd,
  env: qnnEnv(setup),
});

export const contextOf = ({ model }: Pick<RunSetup, 'model'>): number =>
  model.manifest.model?.context ?? CONTEXT;
