import { parseMtmd } from '../../domain/mtmd';
import { answer } from './answer';
import { unload } from './carrier';
import { closeQnn, openQnn } from './qnn';
import { EtLog, printStats, speedText, type EtTimes } from './executorch';
import { gflags, last } from './flags';
import { ABORTED, at, weightsFor, type SimulatedProgram } from './host';
import { fromCargo } from './omni-extractor';

const FLAGS =
  'decoder_model_version model_path output_path performance_output_path dump_logits_path embeds_path tokenizer_path prompt tokenized_prompt system_prompt temperature seq_len eval_mode kv_updater num_iters ngram window gcap'.split(
    ' ',
  );
const VERSIONS = [
  'llama2',
  'llama3',
  'gemma',
  'gemma3',
  'phi_4_mini',
  'qwen2_5',
  'qwen3',
  'smollm2_135m',
  'smollm3',
];
const CONTEXT = 2048;
const AR = 128;

/** Simulated qnn_llama_runner of OmniInfer-LLM. Format: examples/qualcomm/oss_scripts/llama/ there. */
export const qnnLlamaRunner: SimulatedProgram = async (io) => {
  const flags = gflags(io.argv, FLAGS);
  if (typeof flags === 'string') {
    await io.warn(`${flags}\n`);
    return 1;
  }
  const log = new EtLog(io);
  const version = last(flags, 'decoder_model_version') ?? 'llama2';
  const updater = last(flags, 'kv_updater') ?? 'SmartMask';
  const model = last(flags, 'model_path') ?? 'kv_llama_qnn.pte';
  const embeds = last(flags, 'embeds_path') ?? '';
  await log.say('runner.cpp:308', `creating module: model_path=${model}`);
  await log.say(
    'runner.cpp:309',
    `creating runner: tokenizer_path=${last(flags, 'tokenizer_path') ?? 'tokenizer.bin'}`,
  );
  await log.say('runner.cpp:310', `eval mode=${last(flags, 'eval_mode') ?? '1'}`);
  if (!['SmartMask', 'ShiftPointer'].includes(updater)) {
    await log.abort('runner.cpp:282', 'Runner', 'false', `kv updater (${updater}) not found`);
    return ABORTED;
  }
  await log.say('runner.cpp:311', `kv updater=${updater}`);
  if (!VERSIONS.includes(version)) {
    await log.abort('runner.cpp:305', 'Runner', 'false', 'Unsupported Decoder Model');
    return ABORTED;
  }
  const loadStart = io.now();
  const refused = await openQnn(io, log, at(io, io.argv[0] ?? ''), [model]);
  if (refused !== undefined) return refused;
  await log.say('runner.cpp:386', 'Reading metadata from model');
  await log.say('runner.cpp:506', 'creating io_memory');
  const loadEnd = io.now();
  const data = io.readFile(at(io, embeds));
  if (!data) {
    await io.warn(
      'libc++abi: terminating due to uncaught exception of type std::runtime_error: 无法打开文件\nAborted\n',
    );
    return ABORTED;
  }
  const mtmd = parseMtmd(data);
  const cargo = mtmd.ok ? unload(mtmd.value.embeddings) : undefined;
  if (!mtmd.ok || !cargo) {
    await io.warn(
      'libc++abi: terminating due to uncaught exception of type std::runtime_error: Magic number错误\nAborted\n',
    );
    return ABORTED;
  }
  const { tokens, positionRows } = mtmd.value;
  const seqLen = Number(last(flags, 'seq_len') ?? 128);
  await log.say('runner.cpp:68', `Position IDs n_tokens: ${tokens}, n_pos_dims: ${positionRows}`);
  if (tokens >= seqLen) {
    await log.abort(
      'runner.cpp:634',
      'generate_from_prompt_or_file',
      'cur_pos_ + num_prompt_tokens < seq_len',
      'sequence length exceeded - please increase the seq_len value',
    );
    return ABORTED;
  }
  if (tokens > CONTEXT - AR) {
    await log.abort(
      'prompt_processor.cpp:301',
      'prefill',
      'start_pos + num_prompt_tokens <= (metadata_.context_len - metadata_.ar_len)',
      'The sequence length exceeds the maximum limit that the prompt processor can handle.',
    );
    return ABORTED;
  }
  await log.say(
    'prompt_processor.cpp:317',
    `Prompt Processor: total ${tokens} prompt tokens (AR-${AR} * ${Math.ceil(tokens / AR)} iters)`,
  );
  const { question, image } = fromCargo(cargo);
  const answered = await answer(io, {
    ...weightsFor(io, at(io, model)),
    ...{ image, prompt: question, maxTokens: seqLen - tokens },
    ...{ temperature: Number(last(flags, 'temperature') ?? 0), seed: 0 },
  });
  await log.say('runner.cpp:643', 'finished prompt prefill');
  await log.say('runner.cpp:657', 'RSS after prompt prefill: 0.000000 MiB (0 if unsupported)');
  const times: EtTimes = {
    ...{ loadStart, loadEnd, start: answered.startMs, firstToken: answered.firstMs },
    ...{ end: answered.endMs, promptTokens: tokens, generated: Math.max(0, answered.tokens - 1) },
  };
  const stop = answered.stopped ? '<|im_end|>' : '';
  if (answered.stopped) {
    await io.print('\n');
    await log.say('token_generator.cpp:365', '\nReached to the end of generation');
  } else await log.say('runner.cpp:660', `Sequence length (${seqLen} tokens) reached!`);
  await log.say(
    'runner.cpp:667',
    'RSS after finishing text generation: 0.000000 MiB (0 if unsupported)',
  );
  await printStats(io, log, times, false);
  const whole = `${embeds}${answered.text}${stop}`;
  // As there: a missing folder silently loses the file.
  io.writeFile(
    at(io, last(flags, 'output_path') ?? 'outputs.txt'),
    new TextEncoder().encode(whole),
  );
  io.writeFile(
    at(io, last(flags, 'performance_output_path') ?? 'inference_speed.txt'),
    new TextEncoder().encode(speedText(times)),
  );
  await io.print(`${whole}\n`);
  await closeQnn(log, 1);
  return 0;
};
