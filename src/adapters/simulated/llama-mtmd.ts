import { answer } from './answer';
import { last, llamaFlags, type Flags } from './flags';
import { at, findIn, type SimulatedIo, type SimulatedProgram } from './host';

const NAMES: Readonly<Record<string, string>> = {
  ...{ '-m': 'model', '--model': 'model', '--mmproj': 'mmproj', '--image': 'image' },
  ...{ '-p': 'prompt', '--prompt': 'prompt', '-n': 'predict', '--predict': 'predict' },
  ...{ '-c': 'ctx', '--ctx-size': 'ctx', '-t': 'threads', '--threads': 'threads' },
  ...{ '-ngl': 'ngl', '--n-gpu-layers': 'ngl', '--device': 'device', '-dev': 'device' },
  ...{ '--temp': 'temp', '-s': 'seed', '--seed': 'seed', '--top-k': 'topk', '--top-p': 'topp' },
  ...{ '--min-p': 'minp', '--repeat-penalty': 'repeat', '-lv': 'level', '--verbosity': 'level' },
  ...{ '--image-min-tokens': 'imin', '--image-max-tokens': 'imax', '--no-warmup': 'nowarmup' },
  ...{ '--chat-template': 'template', '--jinja': 'jinja', '--log-jsonl': 'jsonl' },
  ...{ '--no-mmproj-offload': 'cpuvision', '--list-devices': 'list' },
};
const SWITCHES = ['nowarmup', 'jinja', 'jsonl', 'cpuvision', 'list'];

/**
 * Simulated llama-mtmd-cli of upstream llama.cpp, one question to one picture; the newer one, which has --log-jsonl.
 * Format: ggml-org/llama.cpp tools/mtmd/mtmd-cli.cpp, common/log.cpp.
 */
export const llamaMtmdCli: SimulatedProgram = async (io) => {
  const flags = llamaFlags(io.argv, NAMES, SWITCHES);
  if (typeof flags === 'string') {
    await io.warn(`error: invalid argument: ${flags}\n`);
    return 1;
  }
  const say = logger(io, flags);
  if (flags.has('list')) {
    const session = await openHexagon(io, new Map([['device', ['HTP0']]]), say);
    if (session !== undefined) return session;
    await io.print('Available devices:\n  HTP0: Hexagon (2048 MiB, 2048 MiB free)\n');
    return 0;
  }
  const model = last(flags, 'model') ?? '';
  const mmproj = last(flags, 'mmproj');
  if (mmproj === undefined) return refuse(say, 'ERR: Missing --mmproj argument\n');
  if (!io.readFile(at(io, model))) return refuse(say, `failed to load model '${model}'\n`);
  if (!io.readFile(at(io, mmproj)))
    return refuse(say, `Failed to load vision model from ${mmproj}\n`);
  const session = await openHexagon(io, flags, say);
  if (session !== undefined) return session;
  await say('W', 'WARN: This is an experimental CLI for testing multimodal capability.\n');
  await say('W', '      For normal use cases, please use the standard llama-cli\n');
  const path = last(flags, 'image');
  const prompt = last(flags, 'prompt');
  if (path === undefined || !prompt) return chatForEver(io);
  const image = io.readFile(at(io, path));
  if (!image) return refuse(say, `Unable to open file ${path}: No such file or directory\n`);
  return ask(io, flags, say, { language: at(io, model), vision: at(io, mmproj), image, prompt });
};

type Say = (level: 'I' | 'W' | 'E', message: string, always?: boolean) => Promise<unknown>;

function logger(io: SimulatedIo, flags: Flags): Say {
  const began = io.now();
  const jsonl = flags.has('jsonl');
  const names = { I: 'info', W: 'warn', E: 'error' } as const;
  return (level, msg) => {
    const us = Math.round((io.now() - began) * 1000);
    if (jsonl)
      return io.print(`${JSON.stringify({ type: 'log', time: us, level: names[level], msg })}\n`);
    const pad = (value: number) => String(value % 1000).padStart(3, '0');
    const seconds = Math.floor(us / 1e6);
    const stamp = `${Math.floor(seconds / 60)}.${String(seconds % 60).padStart(2, '0')}.${pad(Math.floor(us / 1000))}.${pad(us)}`;
    return io.warn(`${stamp} ${level} ${msg}`);
  };
}

async function refuse(say: Say, message: string): Promise<number> {
  await say('E', message);
  return 1;
}

/** Opens the Hexagon session that `--device HTP0` asks for. */
async function openHexagon(io: SimulatedIo, flags: Flags, say: Say): Promise<number | undefined> {
  if (!last(flags, 'device')?.startsWith('HTP')) return undefined;
  await say('I', 'ggml-hex: Hexagon backend (experimental) : allocating new registry : ndev 1\n');
  await say('I', `ggml-hex: Hexagon Arch version ${io.htp ?? 'v0'}, DMA64 enabled\n`);
  const uri = `file:///libggml-htp-${io.htp ?? 'v0'}.so?htp_iface_skel_handle_invoke&_modver=1.0`;
  const found = findIn(io, io.env['ADSP_LIBRARY_PATH'], ';', `libggml-htp-${io.htp ?? ''}.so`);
  if (io.htp === undefined || found === undefined) {
    await say('E', `ggml-hex: HTP0 failed to open session : uri ${uri} error 0x80000406\n`);
    await io.warn(
      'libc++abi: terminating due to uncaught exception of type std::runtime_error: ggml-hex: failed to open session (see log for details)\nAborted\n',
    );
    return 134;
  }
  await say(
    'I',
    `ggml-hex: HTP0 new session : session-id 0 domain-id 3 uri ${uri} handle 0xb400007a\n`,
  );
  // What -lv 4 tells of where weights and the vision encoder lie.
  await say('I', 'load_tensors:         HTP0 model buffer size =     1.00 MiB\n');
  await say('I', 'clip_ctx: CLIP using HTP0 backend\n');
  return undefined;
}

/** What the original does without -p and --image when its stdin ends. */
async function chatForEver(io: SimulatedIo): Promise<number> {
  await io.print('\n Running in chat mode, available commands:\n');
  while (!io.killed.aborted) await io.print('\n> '.repeat(1000));
  return 130;
}

interface Asked {
  readonly language: string;
  readonly vision: string;
  readonly image: Uint8Array;
  readonly prompt: string;
}

async function ask(io: SimulatedIo, flags: Flags, say: Say, asked: Asked): Promise<number> {
  const jsonl = flags.has('jsonl');
  const began = io.now();
  const piece = (text: string) =>
    jsonl
      ? io.print(
          `${JSON.stringify({ type: 'log', time: Math.round((io.now() - began) * 1000), level: 'none', msg: text })}\n`,
        )
      : io.print(text);
  await say('I', 'encoding mtmd batch, n_chunks = 1 (done = 0, total = 1)\n');
  let first = true;
  const predict = Number(last(flags, 'predict') ?? -1);
  const answered = await answer(
    io,
    {
      ...{ ...asked, prompt: asked.prompt.replace('<__media__>', '') },
      maxTokens: predict > 0 ? predict : 512,
      temperature: Number(last(flags, 'temp') ?? 0.2),
      seed: Number(last(flags, 'seed') ?? 0),
    },
    async (text) => {
      if (first) {
        await say('I', 'decoding image batch 1/1, n_tokens_batch = 64\n');
        await piece('\n');
      }
      first = false;
      await piece(text);
    },
  );
  await piece(answered.stopped ? '\n\n\n' : '\n\n');
  const { promptTokens, tokens, startMs, firstMs, endMs } = answered;
  if (Number(last(flags, 'level') ?? 3) < 4) return 0;
  const ms = (value: number) => value.toFixed(2).padStart(10);
  const per = (count: number, value: number) =>
    `(${(value / Math.max(1, count)).toFixed(2).padStart(8)} ms per token, ${((count * 1000) / Math.max(1e-3, value)).toFixed(2).padStart(8)} tokens per second)`;
  const runs = Math.max(0, tokens - 1);
  await say('I', `llama_perf_context_print:        load time = ${ms(firstMs - startMs)} ms\n`);
  await say(
    'I',
    `llama_perf_context_print: prompt eval time = ${ms(firstMs - startMs)} ms / ${String(promptTokens).padStart(5)} tokens ${per(promptTokens, firstMs - startMs)}\n`,
  );
  await say(
    'I',
    `llama_perf_context_print:        eval time = ${ms(endMs - firstMs)} ms / ${String(runs).padStart(5)} runs   ${per(runs, endMs - firstMs)}\n`,
  );
  await say(
    'I',
    `llama_perf_context_print:       total time = ${ms(endMs - startMs)} ms / ${String(promptTokens + runs).padStart(5)} tokens\n`,
  );
  return 0;
}
