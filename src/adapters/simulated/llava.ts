import { answer } from './answer';
import { EtLog, printStats } from './executorch';
import { gflags, last } from './flags';
import { at, weightsFor, type SimulatedProgram } from './host';

const FLAGS = 'model_path tokenizer_path prompt image_path temperature seq_len cpu_threads'.split(
  ' ',
);
const PRESET_TOKENS = 35;
const IMAGE_TOKENS = 576;

/** Simulated llava_main. Format: pytorch/executorch examples/models/llava/main.cpp. */
export const llavaMain: SimulatedProgram = async (io) => {
  const flags = gflags(io.argv, FLAGS);
  if (typeof flags === 'string') {
    await io.warn(`${flags}\n`);
    return 1;
  }
  const log = new EtLog(io);
  const prompt = last(flags, 'prompt') ?? 'The answer to the ultimate question is';
  const model = last(flags, 'model_path') ?? 'llava.pte';
  const path = last(flags, 'image_path') ?? '';
  const image = io.readFile(at(io, path));
  if (!image) {
    await log.say('main.cpp:82', `Failed to load image: ${path}`, 'F');
    return 1;
  }
  await log.say(
    'cpuinfo_utils.cpp:61',
    `Resetting threadpool with num threads = ${last(flags, 'cpu_threads') ?? '-1'}`,
  );
  const tokenizer = last(flags, 'tokenizer_path') ?? 'tokenizer.bin';
  if (!io.readFile(at(io, tokenizer))) {
    await log.say('main.cpp:139', `Failed to load tokenizer from: ${tokenizer}`, 'E');
    return 1;
  }
  const loadStart = io.now();
  if (!io.readFile(at(io, model))) {
    await log.say(
      'mmap_data_loader.cpp:79',
      `Failed to open ${model}: No such file or directory (2)`,
      'E',
    );
    await log.say('main.cpp:158', 'Failed to load multimodal runner', 'E');
    return 1;
  }
  await log.say('main.cpp:70', 'image Channels: 3, Height: 336, Width: 336');
  await log.say('main.cpp:160', 'Starting generation...');
  await log.say(
    'multimodal_runner.cpp:110',
    'RSS after loading model: 0.000000 MiB (0 if unsupported)',
  );
  const promptTokens = PRESET_TOKENS + IMAGE_TOKENS + Math.ceil(prompt.length / 4);
  const room = Number(last(flags, 'seq_len') ?? 1024) - promptTokens;
  if (room <= 0) {
    await log.say(
      'multimodal_runner.cpp:150',
      `Max new tokens ${room} is less than or equal to 0`,
      'E',
    );
    await log.say('main.cpp:175', 'Failed to generate with multimodal runner', 'E');
    return 1;
  }
  const loadEnd = io.now();
  await io.print(prompt);
  const answered = await answer(
    io,
    {
      ...weightsFor(io, at(io, model)),
      ...{ image, prompt: prompt.replace(/ ASSISTANT:$/, ''), maxTokens: room, seed: 0 },
      temperature: Number(last(flags, 'temperature') ?? 0.8),
    },
    (piece) => io.print(piece),
  );
  await io.print('\n');
  await log.say(
    'multimodal_runner.cpp:140',
    'RSS after multimodal input processing: 0.000000 MiB (0 if unsupported)',
  );
  if (answered.stopped)
    await log.say('text_token_generator.h:160', '\nReached to the end of generation');
  await printStats(
    io,
    log,
    {
      ...{ loadStart, loadEnd, start: answered.startMs, firstToken: answered.firstMs },
      ...{ end: answered.endMs, promptTokens, generated: Math.max(0, answered.tokens - 1) },
    },
    true,
  );
  await io.print('\n');
  return 0;
};
