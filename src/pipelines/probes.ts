import type { Command } from '../domain/device';
import type { RunSetup } from '../domain/pipeline';
import { ok, type Result } from '../domain/result';
import { fileOf, filesOf } from './setup';

/** A small command that opens the NPU as a run would. */
export interface Probe {
  /** What it reads, by name, to be written into the folder given. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly command: Command;
  /** What it prints when it could. Absent: it ends with exit code 0. */
  readonly opened?: RegExp;
}

/** `dir`: an empty folder for what the probe reads and writes. */
type Probed = (setup: RunSetup, dir: string) => Result<Probe>;

const NOTHING = '/nonexistent';

const probe = ({ runner, env }: RunSetup, argv: Command['argv'], opened: RegExp): Result<Probe> =>
  ok({ command: { argv, cwd: runner.dir, env }, opened });

/** The decoder is loaded before the file of embeddings is looked for, and loading opens the session. */
const omniinfer: Probed = (setup) => {
  const program = fileOf(setup.runner, 'runner');
  if (!program.ok) return program;
  const parts = filesOf(setup.model, ['decoder', 'tokenizer']);
  if (!parts.ok) return parts;
  const { decoder, tokenizer } = parts.value;
  return probe(
    setup,
    [
      program.value,
      ...['--decoder_model_version', 'qwen3', '--model_path', decoder],
      ...['--tokenizer_path', tokenizer, '--seq_len', '2048', '--eval_mode', '1'],
      ...['--embeds_path', NOTHING],
    ],
    /Reading metadata from model/,
  );
};

/** Likewise: the decoder is loaded before the picture's list is read. */
const qnnMultimodal: Probed = (setup) => {
  const program = fileOf(setup.runner, 'runner');
  if (!program.ok) return program;
  const parts = filesOf(setup.model, ['encoder', 'embedding', 'decoder', 'tokenizer']);
  if (!parts.ok) return parts;
  const { encoder, embedding, decoder, tokenizer } = parts.value;
  const old = [setup.runner.manifest, ...setup.runner.files].some(
    ({ facts }) => facts?.['generation'] === '1.2',
  );
  return probe(
    setup,
    [
      program.value,
      ...['--decoder_model_version', 'smolvlm', '--shared_buffer', '--seq_len', '1024'],
      ...['--encoder_path', encoder, '--decoder_path', decoder, '--tokenizer_path', tokenizer],
      ...[old ? '--embedding_path' : '--tok_embedding_path', embedding],
      ...['--image_path', NOTHING, '--prompt', 'x'],
    ],
    /Reading metadata from model|Deserializing processed data/,
  );
};

/** One run of the smallest graph there is, on zeros: the text embedder, else the picture's encoder. */
const fastvlm: Probed = (setup, dir) => {
  const program = fileOf(setup.runner, 'vision-runner');
  if (!program.ok) return program;
  const encoder = fileOf(setup.model, 'encoder');
  if (!encoder.ok) return encoder;
  const embedder = fileOf(setup.model, 'embedding');
  const { facts, model } = setup.model.manifest;
  const picture = 1024 * 1024 * 3 * (facts?.['imageDtype'] === 'float32' ? 4 : 1);
  const bytes = embedder.ok ? (model?.context ?? 512) * 4 : picture;
  const files = { 'zeros.raw': new Uint8Array(bytes), 'list.txt': `${dir}/zeros.raw\n` };
  const argv: Command['argv'] = [
    ...([program.value, '--backend', 'libQnnHtp.so'] as const),
    ...['--retrieve_context', embedder.ok ? embedder.value : encoder.value],
    ...['--input_list', `${dir}/list.txt`, '--output_dir', `${dir}/out`],
    ...['--use_native_input_files', '--use_native_output_files'],
  ];
  return ok({ files, command: { argv, cwd: setup.runner.dir, env: setup.env } });
};

/** It says that it is ready when its model is loaded, and then waits for questions. */
const etqnn: Probed = (setup) => {
  const program = fileOf(setup.runner, 'runner');
  if (!program.ok) return program;
  const parts = filesOf(setup.model, ['decoder', 'tokenizer']);
  if (!parts.ok) return parts;
  return probe(
    setup,
    [
      program.value,
      ...['--model_path', parts.value.decoder, '--tokenizer_path', parts.value.tokenizer],
      ...['--lib_dir', setup.runner.dir],
    ],
    /"type":\s*"ready"/,
  );
};

/** Listing devices makes the Hexagon backend open its session. Source: ggml-org/llama.cpp common/arg.cpp, ggml-hexagon.cpp. */
const llamaMtmd: Probed = (setup) => {
  const program = fileOf(setup.runner, 'runner');
  if (!program.ok) return program;
  return probe(setup, [program.value, '--list-devices'], /ggml-hex: .*new session/);
};

/** Pipelines whose NPU can be tried without a question, by id. */
export const PROBES: Readonly<Record<string, Probed>> = {
  omniinfer,
  'qnn-multimodal': qnnMultimodal,
  fastvlm,
  etqnn,
  'llama-mtmd': llamaMtmd,
};
