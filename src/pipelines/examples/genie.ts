import { on, type Example } from './example';

const genie = on('fastvlm', 'genie-t2t-run');

/** What Genie says. */
export const GENIE: readonly Example[] = [
  genie('not-found-silent', 'program-missing', 127, 'recall', []),
  genie(
    'abi-library',
    'program-abi',
    1,
    'reconstructed',
    [
      'dlopen failed: "/data/local/tmp/fastvlm/libQnnSystem.so" is 32-bit instead of 64-bit',
      'Failed to create the dialog.',
    ],
    ['Using libGenie.so version 1.14.0', ''],
  ),
  genie(
    'flag-genie',
    'runner-flag',
    1,
    'reconstructed',
    ['Unknown option: --input_embeddings'],
    ['Usage:'],
  ),
  genie(
    'flag-genie-value',
    'runner-flag',
    1,
    'reconstructed',
    ['ERROR: Invalid parameter for argument: --config'],
    ['Usage:'],
  ),
  genie('flag-genie-log', 'runner-flag', 1, 'reconstructed', [
    'ERROR: Invalid --log argument. Argument x is not one of error, warn, info, or verbose.',
  ]),
  genie('flag-genie-prompt', 'runner-flag', 1, 'reconstructed', [
    'ERROR:: Please provide prompt using --prompt or --prompt_file.',
  ]),
  genie('flag-genie-two-prompts', 'runner-flag', 1, 'reconstructed', [
    'ERROR:: Please do not provide a text/token prompt and embedding prompt at the same time.',
  ]),
  genie(
    'genie-file',
    'genie-file',
    1,
    'reconstructed',
    [],
    ["                   File /data/local/tmp/fastvlm/x.json doesn't exists or is in bad shape."],
  ),
  genie('genie-profile', 'profile-exists', 1, 'reconstructed', [
    'ERROR: Invalid --profile argument. Output file profile.json already exists.',
  ]),
  genie(
    'genie-config-key',
    'genie-config',
    1,
    'reconstructed',
    ['Unknown dialog config key: accumulator-size', 'Failed to create the dialog config.'],
    ['Using libGenie.so version 1.14.0', ''],
  ),
  genie('genie-config-field', 'genie-config', 1, 'reconstructed', [
    'Missing dialog field: context',
    'Failed to create the dialog config.',
  ]),
  genie('genie-config-json', 'genie-config', 1, 'reconstructed', [
    'Failed to create the dialog config.',
  ]),
  genie(
    'genie-context',
    'context-full',
    1,
    'reconstructed',
    ['Context Size was exceeded.', 'Failed to query with embedding.'],
    ['Embedding file size: 1892352 bytes', ''],
  ),
  genie(
    'genie-width',
    'embeddings-width',
    1,
    'reconstructed',
    [
      'The embeddings buffer size must be an integer multiple of the embedding vector size in bytes.',
      'Failed to query with embedding.',
    ],
    ['Embedding file size: 1003521 bytes', ''],
  ),
  genie('genie-lut', 'lut-mismatch', 0, 'reconstructed', ['Error: T2E conversion overflow.']),
  genie('genie-device', 'qnn-device', 1, 'reconstructed, first two from public reports', [
    '[ERROR] "Failed to create device: 14001"',
    '[ERROR] "Device Creation failure"',
    'Failure to initialize model.',
    'Failed to create the dialog.',
  ]),
  genie('genie-dialog', 'genie-dialog', 1, 'reconstructed', [
    'Failure to initialize model.',
    'Failed to create the dialog.',
  ]),
  genie('genie-query', 'genie-query', 1, 'reconstructed', ['Failed to query with embedding.']),
  genie('genie-save', 'genie-state', 1, 'reconstructed', ['Failed to save.']),
  genie('genie-restore', 'genie-state', 1, 'reconstructed', ['Failed to restore.']),
];
