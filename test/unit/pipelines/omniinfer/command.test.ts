import { expect, test } from 'vitest';
import { toShell } from '../../../../src/domain/device';
import {
  decodeCommand,
  extractCommand,
  findFiles,
  question,
} from '../../../../src/pipelines/omniinfer/command';
import { installed, setupOf } from '../../../fakes/step-job';

const runner = installed('runner', {
  'vision-runner': 'llama-mtmd-cli',
  runner: 'qnn_llama_runner',
});
const parts = {
  ...{ language: 'text.gguf', vision: 'mmproj.gguf' },
  ...{ decoder: 'hybrid_llama_qnn.pte', tokenizer: 'tokenizer.json' },
} as const;
const model = installed('model', parts, {
  model: { input: { family: 'qwen-png', params: {} }, context: 2048, prompts: [] },
});
const setup = setupOf(runner, model);
const found = findFiles(setup);
if (!found.ok) throw new Error(found.failure.detail);
const files = found.value;
const R = '/data/local/tmp/plugsight/bundles/a-runner@1';
const M = '/data/local/tmp/plugsight/bundles/a-model@1';
const cwd = '/data/local/tmp/plugsight/runs/run-1';

test('the vision step: only the picture goes to the NPU', () => {
  const asked = { image: '/p/x.png', question: "What's this?", cwd };
  expect(extractCommand(setup, files, asked)).toEqual({
    argv: [
      `${R}/llama-mtmd-cli`,
      ...['-m', `${M}/text.gguf`, '--mmproj', `${M}/mmproj.gguf`, '--image', '/p/x.png'],
      ...['-p', "What's this?", '-ngl', '0', '-t', '4'],
    ],
    cwd,
    env: {
      LD_LIBRARY_PATH: `${R}:/vendor/lib64`,
      ADSP_LIBRARY_PATH: R,
      DSP_LIBRARY_PATH: R,
    },
  });
});

test('the decoder: qwen3 for its stop set, absolute paths, and the fork’s own cache flag', () => {
  const asked = { embeds: `${cwd}/mtmd_data.bin`, temperature: 0.5, cwd, kvUpdater: true };
  expect(decodeCommand(setup, files, asked)).toEqual({
    argv: [
      `${R}/qnn_llama_runner`,
      ...['--decoder_model_version', 'qwen3', '--tokenizer_path', `${M}/tokenizer.json`],
      ...['--model_path', `${M}/hybrid_llama_qnn.pte`, '--seq_len', '2048'],
      ...['--output_path', `${cwd}/outputs/outputs.txt`],
      ...['--performance_output_path', `${cwd}/outputs/inference_speed.txt`],
      ...['--kv_updater', 'SmartMask', '--eval_mode', '1', '--temperature', '0.5'],
      ...['--embeds_path', `${cwd}/mtmd_data.bin`],
    ],
    cwd,
    env: { LD_LIBRARY_PATH: R, ADSP_LIBRARY_PATH: R },
  });
  const { argv } = decodeCommand(setup, files, { ...asked, kvUpdater: false });
  expect(argv).not.toContain('--kv_updater');
  expect(argv).toContain('--shared_buffer');
});

test('what the doctor found takes the place of what we would have set', () => {
  const env = { ADSP_LIBRARY_PATH: `${R};/vendor/dsp/cdsp`, LD_LIBRARY_PATH: '/x' };
  const asked = { image: '/p', question: 'q', cwd, embeds: '/e', temperature: 0, kvUpdater: true };
  for (const command of [extractCommand, decodeCommand])
    expect(command({ ...setup, env }, files, asked).env).toMatchObject(env);
});

test('a question reaches the program as one argument, whatever it holds', () => {
  const prompt = '$(rm -rf /) \'quotes\' "and" `more`\nline';
  const command = extractCommand(setup, files, { image: '/p', question: prompt, cwd });
  expect(command.argv[command.argv.indexOf('-p') + 1]).toBe(prompt);
  expect(toShell(command)).toContain(`'$(rm -rf /) '\\''quotes'\\'' "and" \`more\`\nline'`);
});

test('the picture stands behind the question, unless it is wanted before', () => {
  expect(question('What?', false)).toBe('What?');
  expect(question('What?', true)).toBe('<__media__>What?');
});

test.each(['vision-runner', 'runner', 'decoder', 'tokenizer'])(
  'without a %s there is no run',
  (role) => {
    const without = (bundle: typeof runner) => ({
      ...bundle,
      files: bundle.files.filter((file) => file.role !== role),
    });
    const result = findFiles(setupOf(without(runner), without(model)));
    expect(result).toMatchObject({ ok: false, failure: { code: 'manifest-invalid' } });
    expect(!result.ok && result.failure.detail).toContain(`"${role}"`);
  },
);
