import type { Command } from '../../domain/device';
import type { RunSetup } from '../../domain/pipeline';
import { qnnEnv } from '../setup';

/** One run of a compiled graph: every line of `list` names an input file; outputs go to `<out>/Result_0/`. Paths are absolute. */
export function netRun(
  setup: RunSetup,
  program: string,
  files: { readonly graph: string; readonly list: string; readonly out: string },
): Command {
  return {
    argv: [
      program,
      ...['--backend', 'libQnnHtp.so'],
      ...['--retrieve_context', files.graph],
      ...['--input_list', files.list],
      ...['--use_native_input_files', '--use_native_output_files'],
      ...['--output_dir', files.out],
      ...['--num_inferences', '1'],
    ],
    cwd: setup.runner.dir,
    env: qnnEnv(setup),
  };
}

/** Genie's sample tool: embeddings in, text out. `profile` must not exist; `save` and `restore` are folders that do. */
export function genie(
  setup: RunSetup,
  program: string,
  files: {
    readonly settings: string;
    readonly embeddings: string;
    readonly lut: string;
    readonly profile: string;
    readonly save?: string | undefined;
    readonly restore?: string | undefined;
  },
): Command {
  return {
    argv: [
      program,
      ...['--config', files.settings],
      ...['--embedding_file', files.embeddings],
      ...['--embedding_table', files.lut],
      ...['--embedding_query_output_type', 'text'],
      ...['--profile', files.profile],
      ...(files.restore ? ['--restore', files.restore] : []),
      ...(files.save ? ['--save', files.save] : []),
    ],
    cwd: setup.runner.dir,
    env: qnnEnv(setup),
  };
}
