import * as v from 'valibot';
import { encodePngStored } from '../preprocess/png';
import { answer } from './answer';
import { EtLog } from './executorch';
import { at, weightsFor, type SimulatedIo, type SimulatedProgram } from './host';
import { openQnn } from './qnn';

const Command = v.variant('command', [
  v.object({
    command: v.literal('generate'),
    user_prompt: v.string(),
    max_tokens: v.optional(v.number(), 512),
  }),
  v.object({ command: v.picklist(['cancel', 'reset', 'quit']) }),
]);

/**
 * Simulated libetqnn_runner.so of OmniInfer: line JSON over an open stdin; reads the next line only when it has answered.
 * The tiny model needs a picture: it gets a grey one. Format: android/omniinfer-server/src/main/cpp/et-qnn-runner/main.cpp.
 */
export const etqnnRunner: SimulatedProgram = async (io) => {
  // Flags that it does not know are ignored, also by value.
  const flag = (name: string) => {
    const i = io.argv.indexOf(name);
    return i < 0 ? undefined : io.argv[i + 1];
  };
  const say = (event: object) => io.print(`${JSON.stringify(event)}\n`);
  const model = flag('--model_path') ?? '';
  const dir = flag('--lib_dir') ?? io.cwd;
  const own = { ...io, env: { ...io.env, LD_LIBRARY_PATH: dir, ADSP_LIBRARY_PATH: dir } };
  const log = new EtLog(io);
  const refused = await openQnn(own, log, at(io, io.argv[0] ?? ''), [model]);
  if (refused !== undefined) {
    await say({ type: 'error', message: `failed to load ${model}` });
    return 1;
  }
  await say({ type: 'ready' });
  const weights = weightsFor(io, at(io, model));
  for await (const line of linesOf(io)) {
    const command = v.safeParse(v.pipe(v.string(), v.parseJson(), Command), line);
    if (!command.success) await say({ type: 'error', message: 'invalid command' });
    else if (command.output.command === 'quit') return 0;
    else if (command.output.command === 'generate') {
      const { user_prompt, max_tokens } = command.output;
      const image = await encodePngStored(new Uint8Array(128 * 128 * 3).fill(128), 128, 128);
      const question = { image, prompt: user_prompt, maxTokens: max_tokens };
      const answered = await answer(
        io,
        { ...weights, ...question, temperature: 0, seed: 0 },
        (text) => say({ type: 'token', text }),
      );
      const { promptTokens, tokens, startMs, firstMs, endMs } = answered;
      await say({
        ...{ type: 'metrics', prompt_tokens: promptTokens, generated_tokens: tokens },
        prefill_us: Math.round((firstMs - startMs) * 1000),
        decode_us: Math.round((endMs - firstMs) * 1000),
      });
      await say({ type: 'done' });
    } else await say({ type: 'done' });
  }
  return 0;
};

async function* linesOf(io: SimulatedIo): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for (let bytes = await io.read(); bytes; bytes = await io.read()) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(Boolean);
  }
}
