import type { Command } from '../../domain/device';
import type { Budget, InstalledBundle, Job } from '../../domain/pipeline';
import { ok, type Result } from '../../domain/result';
import { filesOf, libraryFolders } from '../setup';

export const CONTEXT = 4096;

/** What a build can do, read out of its files. */
export interface Build {
  readonly jsonLines: boolean;
  /** --image-max-tokens. */
  readonly imageLimit: boolean;
}

/**
 * One question to one picture: always with -p and --image, or the tool chats; always with -n and -c, or it runs on without
 * a limit and takes the memory of the training context. Source: ggml-org/llama.cpp tools/mtmd/mtmd-cli.cpp, common/arg.cpp,
 * docs/backend/snapdragon/README.md.
 */
export function mtmdCommand(
  { setup, prompt, options }: Job,
  budget: Budget,
  imagePath: string,
  build: Build,
): Result<Command> {
  const program = filesOf(setup.runner, ['runner']);
  if (!program.ok) return program;
  const model = filesOf(setup.model, ['language', 'vision']);
  if (!model.ok) return model;
  const { context = CONTEXT, threads = setup.bigCores } = setup.model.manifest.model ?? {};
  const imageLimit = options['image-max-tokens'] ?? 0;
  const onHexagon = options['hexagon'] === 1;
  return ok({
    argv: [
      program.value.runner,
      ...['-m', model.value.language, '--mmproj', model.value.vision],
      ...['--image', imagePath, '-p', prompt],
      ...['-n', String(budget.answerTokens), '-c', String(context), '-t', String(threads)],
      ...sampling(options),
      ...(build.imageLimit && imageLimit ? ['--image-max-tokens', String(imageLimit)] : []),
      // A build with the Hexagon backend would use it unasked.
      ...(onHexagon
        ? ['--device', 'HTP0', '-ngl', '99']
        : ['--device', 'none', '--no-mmproj-offload']),
      ...['-lv', '4'],
      ...(build.jsonLines ? ['--log-jsonl'] : []),
    ],
    cwd: setup.runner.dir,
    env: { ...libraryPaths(setup.runner, onHexagon), ...setup.env },
  });
}

const sampling = (options: Job['options']): readonly string[] => [
  ...['--temp', String(options['temperature'] ?? 0)],
  ...['--top-k', String(options['top-k'] ?? 40)],
  ...['--top-p', String(options['top-p'] ?? 0.95)],
  ...['--seed', String(options['seed'] ?? 0)],
];

function libraryPaths(runner: InstalledBundle, onHexagon: boolean): Record<string, string> {
  const folders = libraryFolders(runner);
  return {
    LD_LIBRARY_PATH: folders.join(':'),
    ...(onHexagon && { ADSP_LIBRARY_PATH: folders.join(';'), GGML_HEXAGON_DEVICES: 'HTP0' }),
  };
}
