import { expect, test } from 'vitest';
import { readPngSize } from '../../../../src/adapters/simulated/png-size';
import { FAILURE_FILE } from '../../../../src/adapters/simulated';
import { encodePngStored } from '../../../../src/adapters/preprocess/png';
import { parseMtmd } from '../../../../src/domain/mtmd';
import { SimulatedPhone } from '../../../fakes/simulated';

const LIBS = { LD_LIBRARY_PATH: '/p', ADSP_LIBRARY_PATH: '/p' };

/** A phone with a payload of empty files in /p. */
const phone = (...names: readonly string[]) =>
  names.reduce(
    (made, name) => made.put(`/p/${name}`, 'x'),
    new SimulatedPhone()
      .put('/p/libQnnHtp.so', 'x')
      .put('/p/libQnnSystem.so', 'x')
      .put('/p/libQnnHtpV75Skel.so', 'x'),
  );

test('the extractor hands picture and question to the decoder', async () => {
  const device = phone('m.gguf', 'mm.gguf', 'd.pte', 'tokenizer.json');
  const png = await encodePngStored(new Uint8Array(56 * 84 * 3).fill(7), 56, 84);
  device.put('/run/in.png', png);
  const first = await device.run('omni-llama-mtmd-cli', [
    ...['/p/llama-mtmd-cli', '-m', '/p/m.gguf', '--mmproj', '/p/mm.gguf', '-ngl', '0'],
    ...['--image', '/run/in.png', '-p', "<__media__>What's this?"],
  ]);
  expect(first.exitCode).toBe(0);
  expect(first.stderr).toContain('Failed to load HTP ops library');
  const data = parseMtmd(device.files.get('/run/mtmd_data.bin') ?? new Uint8Array());
  expect(data.ok && data.value).toMatchObject({ width: 2048, positionRows: 3 });

  const second = await device.run(
    'qnn-llama-runner',
    [
      ...['/p/qnn_llama_runner', '--decoder_model_version', 'qwen3', '--model_path', '/p/d.pte'],
      ...['--tokenizer_path', '/p/tokenizer.json', '--seq_len', '2048', '--eval_mode', '1'],
      ...['--embeds_path', 'mtmd_data.bin', '--output_path', 'outputs/outputs.txt'],
    ],
    { env: LIBS },
  );
  expect(second.exitCode).toBe(0);
  expect(second.asked[0]).toMatchObject({ prompt: "What's this?", language: '/p/language.gguf' });
  expect([...(second.asked[0]?.image ?? [])]).toEqual([...png]);
  const text = new TextDecoder().decode(device.files.get('/run/outputs/outputs.txt'));
  expect(text).toBe('mtmd_data.bintwo red circles<|im_end|>');
  expect(second.stdout).toContain('PyTorchObserver {"prompt_tokens"');
});

test('a tensor becomes the picture that it was made of', async () => {
  const device = phone('e.pte', 't.pte', 'd.pte');
  const tensor = new Float32Array(3 * 512 * 512).fill(0);
  device.put('/run/in.raw', new Uint8Array(tensor.buffer)).put('/run/list.txt', '/run/in.raw\n');
  const { exitCode, asked, stderr } = await device.run(
    'qnn-multimodal-runner',
    [
      ...['/p/qnn_multimodal_runner', '--decoder_model_version', 'smolvlm', '--shared_buffer'],
      ...[
        '--encoder_path',
        '/p/e.pte',
        '--tok_embedding_path',
        '/p/t.pte',
        '--decoder_path',
        '/p/d.pte',
      ],
      ...[
        '--tokenizer_path',
        'tokenizer.json',
        '--image_path',
        '/run/list.txt',
        '--seq_len',
        '1024',
      ],
      ...['--prompt', 'What is it?', '--output_path', '/run/outputs.txt'],
    ],
    { env: LIBS },
  );
  expect(stderr).toContain('Encoder execution completed');
  expect(exitCode).toBe(0);
  const image = asked[0]?.image ?? new Uint8Array();
  expect(readPngSize(image)).toEqual({ width: 512, height: 512 });
});

test('what is missing fails as the original would', async () => {
  const argv = [
    '/p/qnn_llama_runner',
    '--model_path',
    '/p/d.pte',
    '--embeds_path',
    'e',
    '--decoder_model_version',
    'qwen3',
  ];
  const said = async (device: SimulatedPhone, env: Record<string, string> = LIBS) =>
    (await device.run('qnn-llama-runner', argv, { env })).stderr;
  expect(await said(phone())).toContain('Failed to open /p/d.pte: No such file');
  expect(await said(phone('d.pte'), { LD_LIBRARY_PATH: '/p' })).toContain(
    'Failed to create device_handle',
  );
  const bare = new SimulatedPhone().put('/p/d.pte', 'x');
  expect(await said(bare)).toContain('Cannot Open QNN library libQnnHtp.so');
  const without = phone('d.pte');
  without.htp = undefined;
  expect(await said(without)).toContain('libcdsprpc.so');
  expect(await said(phone('d.pte'))).toContain('无法打开文件');
  const unknown = await phone().run('qnn-llama-runner', ['x', '--image', 'y']);
  expect(unknown).toMatchObject({
    exitCode: 1,
    stderr: "ERROR: unknown command line flag 'image'\n",
  });
});

test('a phone can be told how a runner fails', async () => {
  const device = phone().put(
    FAILURE_FILE,
    JSON.stringify({ program: 'llava-main', stdout: '', stderr: 'Killed\n', exitCode: 137 }),
  );
  expect(await device.run('llava-main', ['x'])).toMatchObject({
    exitCode: 137,
    stderr: 'Killed\n',
  });
  expect((await device.run('genie-t2t-run', ['x'])).exitCode).not.toBe(137);
});

test('the text runner answers many questions over one stdin', async () => {
  const device = phone('d.pte');
  const { stdout, asked } = await device.run(
    'etqnn-runner',
    ['/p/libetqnn_runner.so', '--model_path', '/p/d.pte', '--lib_dir', '/p'],
    {
      stdin: [
        '{"command":"generate","user_prompt":"one"}\n{"command":"gen',
        'erate","user_prompt":"two","max_tokens":5}\n{"command":"quit"}\n',
      ],
    },
  );
  expect(asked.map(({ prompt }) => prompt)).toEqual(['one', 'two']);
  const types = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
  const answer = ['token', 'token', 'token', 'metrics', 'done'];
  expect(types).toEqual(['ready', ...answer, ...answer]);
});
