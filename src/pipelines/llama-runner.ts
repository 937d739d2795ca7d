import type { RunSetup, ServingPipeline } from '../domain/pipeline';
import type { RunnerRequest } from '../domain/runner-protocol';
import { storedPath } from '../domain/bundle';
import { runnerEventParser } from './runner-events';
import { option } from './setup';

const line = (request: RunnerRequest) => `${JSON.stringify(request)}\n`;

/** Our own program on llama.cpp's libmtmd (device-payload/llama-runner), speaking docs/runner-protocol.md. */
export const llamaRunner: ServingPipeline = {
  kind: 'serving',
  title: 'llama.cpp, our runner',
  summary: 'Any GGUF model with its mmproj, on the CPU. Loads once, answers many questions.',
  streams: true,
  runner: 'llama-runner',
  model: 'tiny-vlm',
  needs: ['language', 'vision'],
  options: {
    'max-tokens': option('Answer length', 'at most this many tokens', [1, 2048, 1], 96),
    temperature: option('Temperature', '0 gives the same answer every time', [0, 2, 0.05], 0),
    'top-k': option('Top-k', 'choose among this many tokens; 0: all', [0, 200, 1], 40),
    'top-p': option('Top-p', 'choose among tokens that make up this share', [0, 1, 0.01], 0.95),
    'min-p': option('Min-p', 'drop tokens below this share of the likeliest', [0, 1, 0.01], 0.05),
    'repeat-penalty': option('Repetition penalty', '1: none', [0.5, 2, 0.05], 1),
    seed: option('Seed', 'matters when the temperature is above 0', [0, 4294967295, 1], 0),
  },
  requests: () => ({ vision: 'cpu', language: 'cpu' }),
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
