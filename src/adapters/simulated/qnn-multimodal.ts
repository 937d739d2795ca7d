import { answer, type Answered } from './answer';
import { EtLog, printStats, speedText, type EtTimes } from './executorch';
import { gflags, last, type Flags } from './flags';
import { ABORTED, at, text, weightsFor, type SimulatedIo, type SimulatedProgram } from './host';
import { planarToPng } from './picture';
import { closeQnn, openQnn } from './qnn';

const FLAGS =
  'tok_embedding_path encoder_path decoder_path tokenizer_path decoder_model_version prompt image_path audio_path system_prompt tokenized_prompt output_path performance_output_path dump_logits_path temperature seq_len eval_mode num_iters ngram window gcap'.split(
    ' ',
  );
const SWITCHES = ['shared_buffer'];

interface Vision {
  readonly size: number;
  readonly tokens: number;
  readonly toByte: (value: number, channel: number) => number;
  readonly before: string;
  readonly middle: string;
  readonly after: string;
  readonly stop: string;
}
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const MODELS: Readonly<Record<string, Vision>> = {
  smolvlm: {
    ...{ size: 512, tokens: 64, toByte: (value) => (value * 0.5 + 0.5) * 255 },
    before: '<|im_start|>User:',
    middle: '<fake_token_around_image><global-img><fake_token_around_image>',
    ...{ after: '<end_of_utterance>\nAssistant:', stop: '<end_of_utterance>' },
  },
  internvl3: {
    ...{ size: 448, tokens: 256 },
    toByte: (value, c) => (value * (STD[c] ?? 1) + (MEAN[c] ?? 0)) * 255,
    ...{ before: '<|im_start|>user:\n', middle: '<img></img>' },
    ...{ after: '<|im_end|>assistant\n', stop: '<|im_end|>' },
  },
};

/**
 * Simulated qnn_multimodal_runner of ExecuTorch 1.3 and later (its flag for the embedding is tok_embedding_path).
 * Format: pytorch/executorch examples/qualcomm/oss_scripts/llama/.
 */
export const qnnMultimodalRunner: SimulatedProgram = async (io) => {
  const flags = gflags(io.argv, FLAGS, SWITCHES);
  if (typeof flags === 'string') {
    await io.warn(`${flags}\n`);
    return 1;
  }
  const log = new EtLog(io);
  const name = (flag: string, other: string) => last(flags, flag) ?? other;
  const encoder = name('encoder_path', 'encoder.pte');
  const embedding = name('tok_embedding_path', 'tok_embedding.pte');
  const decoder = name('decoder_path', 'decoder.pte');
  const model = MODELS[name('decoder_model_version', 'llama3')];
  if (!model) {
    await log.abort(
      'multimodal_runner.cpp:141',
      'QNNMultimodalRunner',
      'false',
      'Unsupported Decoder Model',
    );
    return ABORTED;
  }
  await log.say('qnn_multimodal_runner.cpp:270', `Load Encoder: ${encoder}`);
  await log.say('qnn_multimodal_runner.cpp:277', `Load Token Embedding: ${embedding}`);
  await log.say('qnn_multimodal_runner.cpp:284', `Load Text Decoder: ${decoder}`);
  await log.say('qnn_multimodal_runner.cpp:145', 'Starting multimodal runner');
  const loadStart = io.now();
  const refused = await openQnn(io, log, at(io, io.argv[0] ?? ''), [encoder, embedding, decoder]);
  if (refused !== undefined) return refused;
  await log.say(
    'multimodal_runner.cpp:144',
    `creating runner: tokenizer_path=${name('tokenizer_path', 'tokenizer.bin')}`,
  );
  await log.say('multimodal_runner.cpp:145', `eval mode=${name('eval_mode', '1')}`);
  await log.say('multimodal_runner.cpp:222', 'Reading metadata from model');
  const image = await openImage(io, log, flags, model);
  if (typeof image === 'number') return image;
  return converse(io, log, flags, model, { image, loadStart, loadEnd: io.now(), decoder });
};

async function openImage(
  io: SimulatedIo,
  log: EtLog,
  flags: Flags,
  model: Vision,
): Promise<Uint8Array | number> {
  const list = last(flags, 'image_path') ?? '';
  if (!list) {
    await log.abort(
      'qnn_multimodal_runner.cpp:196',
      'start_multimodal_runner',
      '!FLAGS_image_path.empty()',
      'For VLM, please specify image path.',
    );
    return ABORTED;
  }
  const names = text(io.readFile(at(io, list)));
  if (names === undefined) {
    await log.abort(
      'utils.h:40',
      'load_files',
      'file.is_open()',
      `Failed to open input list file: ${list}`,
    );
    return ABORTED;
  }
  const [path = ''] = names.replace(/\r/g, '').split(/[ \n]/);
  const raw = path ? io.readFile(at(io, path)) : undefined;
  if (!raw) {
    await log.abort(
      'utils.h:135',
      'load_image',
      'file.is_open()',
      `Failed to open input file: ${path}`,
    );
    return ABORTED;
  }
  const wanted = model.size * model.size * 3 * 4;
  if (raw.length !== wanted) {
    await log.abort(
      'utils.h:138',
      'load_image',
      'file_size == expected_length',
      `Input image size mismatch. file bytes: ${raw.length}, expected bytes: ${wanted} (file: ${path})`,
    );
    return ABORTED;
  }
  await log.say('utils.h:155', `image Channels: 3, Height: ${model.size}, Width: ${model.size}`);
  return planarToPng(raw, model.size, model.toByte);
}

interface Loaded {
  readonly image: Uint8Array;
  readonly loadStart: number;
  readonly loadEnd: number;
  readonly decoder: string;
}

/** Every `--prompt TEXT` is a turn; `--prompt=TEXT` is read by gflags and used by nobody. */
async function converse(
  io: SimulatedIo,
  log: EtLog,
  flags: Flags,
  model: Vision,
  loaded: Loaded,
): Promise<number> {
  const prompts = io.argv.flatMap((word, i) => (io.argv[i - 1] === '--prompt' ? [word] : []));
  const marks = prompts.join('').split('<image>').length - 1;
  if (marks > 1) {
    await log.abort(
      'chat_template.h:72',
      'prepare_messages',
      'total_image_tokens == num_images',
      `Number of <image> tokens (${marks}) does not match number of images (1). Please check your prompts and image paths.`,
    );
    return ABORTED;
  }
  const seqLen = Number(last(flags, 'seq_len') ?? 128);
  let position = 0;
  let whole = '';
  let times: EtTimes | undefined;
  await log.say('chat_template.h:99', 'Simulation multi-turn:');
  for (const [turn, prompt] of prompts.entries()) {
    const picture = turn === 0;
    const words = Math.ceil(prompt.length / 4) + (picture ? 3 + model.tokens : 0) + 6;
    if (position + words >= seqLen) {
      await log.abort(
        'multimodal_runner.cpp:504',
        'generate',
        'cur_pos_ + num_prompt_tokens < seq_len',
        'sequence length exceeded - please increase the seq_len value',
      );
      return ABORTED;
    }
    await log.say(
      'chat_template.h:154',
      `Turn-${turn}: {id: ${turn}, text: "${picture ? '<image>' : ''}${prompt}", files_path: []}`,
    );
    if (picture) {
      await log.say('encoder.cpp:53', `Encoding tensor with numel: ${model.size * model.size * 3}`);
      await log.say('encoder.cpp:62', 'Encoder execution completed, got hidden states');
    }
    await log.say(
      'multimodal_prompt_processor.cpp:231',
      `Prompt Processor: total ${words} prompt tokens (AR-16 * ${Math.ceil(words / 16)} iters)`,
    );
    const answered = await answer(io, {
      ...weightsFor(io, at(io, loaded.decoder)),
      ...{ image: loaded.image, prompt: prompt.replaceAll('<image>', '') },
      ...{ maxTokens: seqLen - position - words, seed: 0 },
      temperature: Number(last(flags, 'temperature') ?? 0),
    });
    await log.say(
      'multimodal_runner.cpp:529',
      'RSS after prompt prefill: 0.000000 MiB (0 if unsupported)',
    );
    await finishTurn(io, log, answered, seqLen);
    times = {
      ...{ loadStart: loaded.loadStart, loadEnd: loaded.loadEnd, start: answered.startMs },
      ...{ firstToken: answered.firstMs, end: answered.endMs, promptTokens: words },
      generated: Math.max(0, answered.tokens - 1),
    };
    await printStats(io, log, times, true);
    position += words + answered.tokens;
    whole += `${model.before}${picture ? model.middle : ''}${prompt.replaceAll('<image>', '')}${model.after}${answered.text}${answered.stopped ? model.stop : ''}`;
  }
  if (!times) return 0; // as there: without a prompt nothing happens, and the exit code is 0
  io.writeFile(
    at(io, last(flags, 'output_path') ?? 'outputs.txt'),
    new TextEncoder().encode(whole),
  );
  io.writeFile(
    at(io, last(flags, 'performance_output_path') ?? 'inference_speed.txt'),
    new TextEncoder().encode(speedText(times)),
  );
  await closeQnn(log, 3);
  return 0;
}

async function finishTurn(
  io: SimulatedIo,
  log: EtLog,
  answered: Answered,
  seqLen: number,
): Promise<void> {
  if (answered.stopped) {
    await io.print('\n');
    await log.say('token_generator.cpp:346', '\nReached to the end of generation');
  } else
    await log.say(
      'token_generator.cpp:356',
      `Warning: Generation stopped at seq_len limit (${seqLen}) without reaching EOS token. Response may be incomplete.`,
    );
  await log.say(
    'multimodal_runner.cpp:547',
    'RSS after finishing text generation: 0.000000 MiB (0 if unsupported)',
  );
}
