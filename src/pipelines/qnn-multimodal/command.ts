import type { Command } from '../../domain/device';
import type { InstalledBundle, RunSetup } from '../../domain/pipeline';
import { RESULTS } from '../executorch/answer';
import { numberFact, qnnEnv } from '../setup';
import type { Generation } from './model';
import { OFFERS } from '../offers';

/** What the examples export with. Source: pytorch/executorch examples/qualcomm/oss_scripts/llama/README.md. */
const CONTEXT = 1024;

export const PARTS = OFFERS['qnn-multimodal'].needs;
export type Files = Readonly<Record<(typeof PARTS)[number] | 'runner', string>>;

interface Asked {
  readonly version: string;
  readonly generation: Generation;
  /** The raw tensor (1.2) or the text file that lists it (1.3). */
  readonly image: string;
  readonly questions: readonly string[];
  readonly seqLen: number;
  readonly temperature: number;
  readonly cwd: string;
}

/**
 * One process for all turns. `--prompt` must be two arguments: the runner looks for it itself. No system prompt: both
 * templates put it in marks that the models do not know.
 * Source: pytorch/executorch .../evaluator/device_evaluator.py, qnn_multimodal_runner.cpp (main and v1.2.0).
 */
export const answerCommand = (setup: RunSetup, files: Files, asked: Asked): Command => ({
  argv: [
    files.runner,
    ...['--decoder_model_version', asked.version],
    ...['--tokenizer_path', files.tokenizer],
    ...['--output_path', `${asked.cwd}/${RESULTS[0]}`],
    ...['--performance_output_path', `${asked.cwd}/${RESULTS[1]}`],
    '--shared_buffer',
    ...['--decoder_path', files.decoder],
    ...['--encoder_path', files.encoder],
    ...[asked.generation === '1.2' ? '--embedding_path' : '--tok_embedding_path', files.embedding],
    ...['--eval_mode', evalMode(setup.model)],
    ...['--temperature', String(asked.temperature)],
    ...['--seq_len', String(asked.seqLen)],
    ...['--image_path', asked.image],
    ...asked.questions.flatMap((question) => ['--prompt', question]),
  ],
  cwd: asked.cwd,
  env: qnnEnv(setup),
});

/** 0: a decoder in kv mode, 1: hybrid; as the packer read it, else by its exported name. */
function evalMode(model: InstalledBundle): string {
  const told = numberFact(model, 'evalMode');
  if (told !== undefined) return String(told);
  const kv = model.files.some(({ role, path }) => role === 'decoder' && /(?:^|\/)kv_/.test(path));
  return kv ? '0' : '1';
}

export const contextOf = ({ model }: Pick<RunSetup, 'model'>): number =>
  model.manifest.model?.context ?? CONTEXT;
