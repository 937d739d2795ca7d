import { readFile } from 'node:fs/promises';
import { combine } from '../../src/adapters/embeddings/combine';
import { systemClock } from '../../src/adapters/system-clock';
import { openTokenizer } from '../../src/adapters/tokenizer/open';
import type { BundleSource } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { DeviceFacts } from '../../src/domain/device-facts';
import type { OptionValues, Pipeline } from '../../src/domain/pipeline';
import { ok } from '../../src/domain/result';
import { INITIAL_RUN, reduce, type RunState } from '../../src/domain/run';
import type { HostTools } from '../../src/domain/workbench';
import { Runner } from '../../src/flows/run';
import { NO_TOOLS } from '../fakes/host-tools';
import { picture } from '../payload/native-runner';
import { bundleFromDisk, installed } from './bundles';
import { must, NEVER } from './connect';
import { createPreparerHere } from './page-tools';

/** The model bundle's own tokenizer, without the page's worker. */
async function toolsOf(model: BundleSource): Promise<HostTools> {
  const file = model.manifest.files.find(({ role }) => role === 'tokenizer');
  if (!file) return NO_TOOLS;
  const tokenizer = must(
    await openTokenizer(async () => {
      const stream = must(await model.open(file, NEVER));
      return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
    }),
  );
  return {
    combine,
    encode: async (texts) => ok(texts.map((text) => must(tokenizer.encode(text)))),
  };
}

interface Asked {
  readonly prompt: string;
  readonly earlier?: readonly string[];
  readonly options?: OptionValues;
}

export interface Phone {
  readonly device: Device;
  readonly facts: DeviceFacts;
}

/** Installs a simulated pair and asks about the first test picture, by the flow of the page. */
export async function ask(
  pipeline: Pipeline,
  name: string,
  phone: Phone,
  asked: Asked,
): Promise<RunState> {
  const [state] = await askInTurn(pipeline, name, phone, [asked]);
  if (!state) throw new Error('one question has one answer');
  return state;
}

/** As `ask`, several questions one after the other. */
export async function askInTurn(
  pipeline: Pipeline,
  name: string,
  phone: Phone,
  questions: readonly Asked[],
): Promise<readonly RunState[]> {
  await using simulated = await bring(pipeline, name, phone);
  const states: RunState[] = [];
  for (const question of questions) states.push(await simulated.ask(question));
  return states;
}

/** A simulated pair on the phone, with the first test picture prepared for it. */
export interface Brought extends AsyncDisposable {
  ask(asked: Asked): Promise<RunState>;
}

/** Installs a simulated pair, to ask it as often as wanted. */
export async function bring(
  pipeline: Pipeline,
  name: string,
  { device, facts }: Phone,
): Promise<Brought> {
  const source = await bundleFromDisk(`simulated-${name}-model`);
  const runner = await installed(device, await bundleFromDisk(`simulated-${name}-runner`), facts);
  const model = await installed(device, source, facts);
  const recipe = source.manifest.model?.input;
  if (!recipe) throw new Error('a model says how its pictures are prepared');
  const preparer = await createPreparerHere();
  const file = new Blob([await readFile(picture('0000.png'))]);
  const input = must(await preparer.prepare(file, recipe, NEVER));
  const running = new Runner(device, systemClock, await toolsOf(source));
  return {
    async ask({ prompt, earlier = [], options = {} }) {
      const setup = { runner, model, options, env: {}, bigCores: 1 };
      const run = { pipeline, setup, input, prompt, earlier, options };
      let state = INITIAL_RUN;
      for await (const event of running.ask(run, systemClock.now(), NEVER))
        state = reduce(state, event);
      return state;
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
