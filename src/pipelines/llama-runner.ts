import type { RunSetup, ServingPipeline } from '../domain/pipeline';
import type { RunnerRequest } from '../domain/runner-protocol';
import { storedPath } from '../domain/bundle';
import { runnerEventParser } from './runner-events';
import { OFFERS } from './offers';

const line = (request: RunnerRequest) => `${JSON.stringify(request)}\n`;

/** Our own program on llama.cpp's libmtmd (device-payload/llama-runner), speaking docs/runner-protocol.md. */
export const llamaRunner: ServingPipeline = {
  ...OFFERS['llama-runner'],
  command: (setup) => ({
    argv: [
      `${setup.runner.dir}/llama-runner`,
      ...['--model', fileOf(setup, 'language')],
      ...['--mmproj', fileOf(setup, 'vision')],
      ...['--threads', String(setup.model.manifest.model?.threads ?? setup.bigCores)],
      ...['--ctx', String(setup.model.manifest.model?.context ?? 4096)],
      '--serve',
    ],
    cwd: setup.runner.dir,
    env: {},
  }),
  request: ({ id, imagePath, prompt, options }) =>
    line({
      cmd: 'generate',
      request: id,
      image: imagePath,
      prompt,
      max_tokens: options['max-tokens'] ?? 96,
      temperature: options.temperature ?? 0,
      top_k: options['top-k'] ?? 40,
      top_p: options['top-p'] ?? 0.95,
      min_p: options['min-p'] ?? 0.05,
      repeat_penalty: options['repeat-penalty'] ?? 1,
      seed: options.seed ?? 0,
    }),
  cancel: (id) => line({ cmd: 'cancel', request: id }),
  quit: line({ cmd: 'quit' }),
  dumping: (command, path) => ({ ...command, argv: [...command.argv, '--dump', path] }),
  parser: runnerEventParser,
};

/** Path on the phone of the model's file with this role. */
function fileOf({ model }: RunSetup, role: 'language' | 'vision'): string {
  const file = model.files.find((candidate) => candidate.role === role);
  if (!file)
    throw new Error(
      `${model.manifest.id} has no ${role} file, though its install said it was complete`,
    );
  return storedPath(file.sha256);
}
