import * as v from 'valibot';
import { fromHalf } from '../../domain/half';
import { encodePngStored } from '../preprocess/png';
import { answer, type Answered } from './answer';
import { findRow, unload } from './carrier';
import { llamaFlags, last, type Flags } from './flags';
import { at, findIn, text, weightsFor, type SimulatedIo, type SimulatedProgram } from './host';
import { CARRIED_SIDE, idsIn } from './net-run';
import { hasSkel } from './qnn';
import { decodeIds } from './vocabulary';

const NAMES: Readonly<Record<string, string>> = {
  ...{ '-c': 'config', '--config': 'config', '-p': 'prompt', '--prompt': 'prompt' },
  ...{ '-e': 'embeddings', '--embedding_file': 'embeddings', '-t': 'table' },
  ...{ '--embedding_table': 'table', '--embedding_query_output_type': 'output' },
  ...{ '-s': 'save', '--save': 'save', '-r': 'restore', '--restore': 'restore' },
  ...{ '--profile': 'profile', '--log': 'log', '--action': 'action', '--sleep': 'sleep' },
};
const Config = v.object({
  dialog: v.looseObject({
    'max-num-tokens': v.optional(v.number(), 200),
    embedding: v.optional(v.looseObject({ datatype: v.optional(v.string(), 'float32') })),
    context: v.looseObject({ size: v.number() }),
    tokenizer: v.looseObject({ path: v.string() }),
    engine: v.looseObject({
      backend: v.looseObject({ type: v.string() }),
      model: v.looseObject({
        binary: v.optional(v.looseObject({ 'ctx-bins': v.array(v.string()) })),
        library: v.optional(v.looseObject({ 'model-bin': v.string() })),
      }),
    }),
  }),
});
type Dialog = v.InferOutput<typeof Config>['dialog'];
const WIDTH = 896;

/** Simulated genie-t2t-run. Format: the Genie SDK's sample tool as VLM_on_edge holds it. */
export const genieRun: SimulatedProgram = async (io) => {
  const flags = llamaFlags(io.argv, NAMES, []);
  if (typeof flags === 'string') {
    await io.warn(`Unknown option: ${flags}\n`);
    await io.print('Usage:\n./genie-t2t-run [options]\n\n');
    return 1;
  }
  const missing = ['config', 'embeddings', 'table']
    .map((name) => last(flags, name)?.split(',')[0])
    .find((path) => path !== undefined && !io.readFile(at(io, path)));
  if (missing !== undefined) {
    await io.print(`${'File '.padStart(24)}${missing} doesn't exists or is in bad shape.\n`);
    return 1;
  }
  const profile = last(flags, 'profile');
  if (profile !== undefined && io.readFile(at(io, profile))) {
    await io.warn(`ERROR: Invalid --profile argument. Output file ${profile} already exists.\n`);
    return 1;
  }
  if (!last(flags, 'embeddings')) {
    await io.warn('ERROR:: Please provide prompt using --prompt or --prompt_file.\n');
    return 1;
  }
  await io.print('Using libGenie.so version 1.14.0\n\n');
  const config = v.safeParse(
    v.pipe(v.string(), v.parseJson(), Config),
    text(io.readFile(at(io, last(flags, 'config') ?? ''))) ?? '',
  );
  if (!config.success) {
    const issue = config.issues[0];
    await io.warn(
      `Missing dialog field: ${v.getDotPath(issue) ?? ''}\nFailed to create the dialog config.\n`,
    );
    return 1;
  }
  return query(io, flags, config.output.dialog);
};

async function query(io: SimulatedIo, flags: Flags, dialog: Dialog): Promise<number> {
  const { backend, model } = dialog.engine;
  const weights = model.binary?.['ctx-bins'][0] ?? model.library?.['model-bin'] ?? '';
  if (
    backend.type === 'QnnHtp' &&
    (io.htp === undefined ||
      !hasSkel(io) ||
      !findIn(io, io.env['LD_LIBRARY_PATH'], ':', 'libQnnHtp.so'))
  ) {
    await io.warn(
      '[ERROR] "Failed to create device: 14001"\n[ERROR] "Device Creation failure"\nFailure to initialize model.\nFailed to create the dialog.\n',
    );
    return 1;
  }
  if (!io.readFile(at(io, weights))) {
    await io.warn('Failure to initialize model.\nFailed to create the dialog.\n');
    return 1;
  }
  if (backend.type === 'QnnHtp')
    await io.print(
      '[INFO]  "Using create From Binary"\n[INFO]  "Allocated total size = 320000000 across 10 buffers"\n',
    );
  const path = (last(flags, 'embeddings') ?? '').split(',')[0] ?? '';
  const file = io.readFile(at(io, path)) ?? new Uint8Array();
  const rows = toRows(file, dialog.embedding?.datatype === 'native');
  if (!rows) {
    await io.warn(
      'The embeddings buffer size must be an integer multiple of the embedding vector size in bytes.\nFailed to query with embedding.\n',
    );
    return 1;
  }
  const tokens = rows.length / WIDTH;
  if (tokens >= dialog.context.size) {
    await io.warn('Context Size was exceeded.\nFailed to query with embedding.\n');
    return 1;
  }
  const restored = last(flags, 'restore');
  const asked = await questionIn(io, dialog, rows, restored);
  if (typeof asked === 'string') {
    await io.warn(`${asked}\n`);
    return 1;
  }
  await io.print(`Embedding file size: ${file.length} bytes\n\n[BEGIN]: `);
  const began = io.now();
  const answered = await answer(
    io,
    {
      ...weightsFor(io, at(io, weights)),
      ...{ image: asked.image, prompt: asked.question, temperature: 0, seed: 0 },
      maxTokens: dialog['max-num-tokens'],
    },
    (piece) => io.print(piece),
  );
  await io.print('[END]\n\n');
  const save = last(flags, 'save');
  if (save !== undefined && !io.writeFile(`${at(io, save)}/picture.png`, asked.image))
    await io.warn('Failed to save.\n');
  const profile = last(flags, 'profile');
  if (profile !== undefined)
    io.writeFile(at(io, profile), new TextEncoder().encode(profileText(answered, tokens, began)));
  return 0;
}

/** Rows of the type that the settings name: float32, or "native", which is float16 here. */
function toRows(file: Uint8Array, native: boolean): Float32Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bytes = native ? 2 : 4;
  if (file.length === 0 || file.length % (WIDTH * bytes) !== 0) return undefined;
  return Float32Array.from({ length: file.length / bytes }, (_, i) =>
    native ? fromHalf(view.getUint16(i * 2, true)) : view.getFloat32(i * 4, true),
  );
}

/** The picture and the question that the rows carry. A follow-up has no picture: the saved state has it. */
async function questionIn(
  io: SimulatedIo,
  dialog: Dialog,
  rows: Float32Array,
  restored: string | undefined,
): Promise<{ readonly question: string; readonly image: Uint8Array } | string> {
  const tokenizer = text(io.readFile(at(io, dialog.tokenizer.path)));
  const prompt = tokenizer && decodeIds(tokenizer, idsIn(rows, WIDTH));
  if (prompt === undefined) return 'Failed to create the dialog.';
  const turns = prompt.split('<|im_start|>user\n');
  const question = (turns.at(-1) ?? '').split('<|im_end|>')[0]?.trim() ?? '';
  const row = findRow(rows, WIDTH);
  const rgb = row === undefined ? undefined : unload(rows.subarray(row * WIDTH));
  if (rgb) return { question, image: await encodePngStored(rgb, CARRIED_SIDE, CARRIED_SIDE) };
  const saved = restored && io.readFile(`${at(io, restored)}/picture.png`);
  return saved ? { question, image: saved } : 'Failed to restore.';
}

/** Genie's profile, units and all. Source: Genie/src/Profile.cpp as VLM_on_edge holds it. */
function profileText(answered: Answered, promptTokens: number, createdMs: number): string {
  const us = (fromMs: number, toMs: number) => Math.round((toMs - fromMs) * 1000);
  const value = (amount: number, unit: string) => ({ value: amount, unit });
  const rate = (tokens: number, fromMs: number, toMs: number) =>
    toMs > fromMs ? (tokens * 1000) / (toMs - fromMs) : 0;
  const { startMs, firstMs, endMs, tokens } = answered;
  const start = Math.round(startMs * 1000);
  const event = (type: string, from: number, to: number) => ({
    ...{ type, duration: us(from, to), start, stop: start + us(from, to) },
  });
  return JSON.stringify(
    {
      header: {
        header_version: { major: 0, minor: 1, patch: 0 },
        version: { major: 0, minor: 1, patch: 0 },
        artifact_type: 'GENIE_PROFILE',
      },
      metadata: { timestamp: start },
      components: [
        {
          ...{ name: 'dialog', type: 'dialog' },
          events: [
            {
              ...event('GenieDialog_create', createdMs, startMs),
              'init-time': value(us(createdMs, startMs), 'us'),
            },
            {
              ...event('GenieDialog_query', startMs, endMs),
              'num-prompt-tokens': value(promptTokens, ''),
              'prompt-processing-rate': value(rate(promptTokens, startMs, firstMs), 'toks/sec'),
              'time-to-first-token': value(us(startMs, firstMs), 'us'),
              'num-generated-tokens': value(tokens, ''),
              'token-generation-rate': value(rate(tokens - 1, firstMs, endMs), 'toks/sec'),
              'token-generation-time': value(us(firstMs, endMs), 'us'),
            },
          ],
        },
      ],
    },
    undefined,
    2,
  );
}
