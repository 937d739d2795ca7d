import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock';
import { openTokenizer } from '../../src/adapters/tokenizer/open';
import { verdict } from '../../src/domain/accelerator';
import type { BundleSource } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { DeviceFacts } from '../../src/domain/device-facts';
import type { OptionValues, StepPipeline } from '../../src/domain/pipeline';
import { ok } from '../../src/domain/result';
import { INITIAL_RUN, reduce, type RunState } from '../../src/domain/run';
import type { HostTools } from '../../src/domain/workbench';
import { probe } from '../../src/flows/probe';
import { Runner } from '../../src/flows/run';
import { omniinfer } from '../../src/pipelines/omniinfer';
import { qnnMultimodal } from '../../src/pipelines/qnn-multimodal';
import { NO_TOOLS } from '../fakes/host-tools';
import { picture, whyNot } from '../payload/native-runner';
import { bundleFromDisk, installed } from './bundles';
import { connectTo, must, NEVER } from './connect';
import { startDevice, whyNoDevice } from './device';
import { createPreparerHere } from './page-tools';

/** The model bundle's own tokenizer, without the page's worker. */
async function toolsOf(model: BundleSource): Promise<HostTools> {
  const file = model.manifest.files.find(({ role }) => role === 'tokenizer');
  if (!file) throw new Error(`${model.manifest.id} has no tokenizer`);
  const tokenizer = must(
    await openTokenizer(async () => {
      const stream = must(await model.open(file, NEVER));
      return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
    }),
  );
  return {
    ...NO_TOOLS,
    encode: async (texts) => ok(texts.map((text) => must(tokenizer.encode(text)))),
  };
}

interface Asked {
  readonly prompt: string;
  readonly earlier?: readonly string[];
  readonly options?: OptionValues;
}

/** Installs a simulated pair and asks about the first test picture, by the flow of the page. */
async function ask(
  pipeline: StepPipeline,
  name: string,
  { device, facts }: { readonly device: Device; readonly facts: DeviceFacts },
  { prompt, earlier = [], options = {} }: Asked,
): Promise<RunState> {
  const source = await bundleFromDisk(`simulated-${name}-model`);
  const runner = await installed(device, await bundleFromDisk(`simulated-${name}-runner`), facts);
  const model = await installed(device, source, facts);
  const recipe = source.manifest.model?.input;
  if (!recipe) throw new Error('a model says how its pictures are prepared');
  const preparer = await createPreparerHere();
  const file = new Blob([await readFile(picture('0000.png'))]);
  const input = must(await preparer.prepare(file, recipe, NEVER));
  await using running = new Runner(device, systemClock, await toolsOf(source));
  const setup = { runner, model, options, env: {}, bigCores: 1 };
  const run = { pipeline, setup, input, prompt, earlier, options };
  let state = INITIAL_RUN;
  for await (const event of running.ask(run, systemClock.now(), NEVER))
    state = reduce(state, event);
  return state;
}

describe('the QNN runners’ pipelines, simulated, on a real adbd', () => {
  test('answer about the test picture', { timeout: 180_000 }, async ({ skip }) => {
    const reason = (await whyNoDevice()) ?? whyNot('x86_64');
    if (reason) skip(reason);
    await using machine = await startDevice({ soc: 'SM8650' });
    await using device = await connectTo(machine.port);
    const phone = { device, facts: must(await probe(device, NEVER)) };
    const prompt = 'Describe the picture.';

    const omni = await ask(omniinfer, 'omniinfer', phone, { prompt });
    expect(omni.failure).toBeUndefined();
    expect(omni).toMatchObject({ is: 'done', finish: 'stop' });
    expect(omni.text).toContain('orange triangle');
    expect(omni.text).not.toMatch(/<\||mtmd_data/);
    expect(verdict(omniinfer.requests({}), omni.proofs)).toBe('npu');
    expect(omni.stats.image_tokens?.value).toBeGreaterThan(0);

    const multi = await ask(qnnMultimodal, 'qnn-multimodal', phone, { prompt });
    expect(multi.failure).toBeUndefined();
    expect(multi).toMatchObject({ is: 'done', finish: 'stop' });
    expect(multi.text).toContain('orange triangle');
    expect(multi.text).not.toMatch(/<|Assistant:/);
    expect(verdict(qnnMultimodal.requests({}), multi.proofs)).toBe('npu');

    const again = await ask(qnnMultimodal, 'qnn-multimodal', phone, {
      ...{ prompt, earlier: ['What color is the triangle?'], options: { conversation: 1 } },
    });
    expect(again.failure).toBeUndefined();
    expect(again.text).toContain('orange triangle');
    expect(again.text).not.toContain('User:');

    const left = must(await device.shell('ls /data/local/tmp/plugsight/runs', NEVER));
    expect(left.stdout).not.toContain('run-');
  });
});
