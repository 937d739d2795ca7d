import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock';
import { filesFor } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { InstalledBundle } from '../../src/domain/pipeline';
import type { PreparedInput } from '../../src/domain/prepare';
import { INITIAL_RUN, reduce, type RunEvent, type RunState } from '../../src/domain/run';
import { probe } from '../../src/flows/probe';
import { Runner } from '../../src/flows/run';
import { llamaRunner } from '../../src/pipelines/llama-runner';
import { picture, whyNot } from '../payload/native-runner';
import { bundleFromDisk, installed } from './bundles';
import { connectTo, must, NEVER } from './connect';
import { noQemu, startDevice, whyNoDevice, type DeviceOptions } from './device';
import { NO_TOOLS } from '../fakes/host-tools';

/** A picture that is the right size already. */
async function prepared(name: string): Promise<PreparedInput> {
  const data = new Uint8Array(await readFile(picture(name)));
  const sha256 = createHash('sha256').update(data).digest('hex');
  const size = { width: 128, height: 128 };
  return {
    recipe: { family: 'square-png', params: {} },
    plan: { crop: { x: 0, y: 0, ...size }, ...size, imageTokens: 64, tiles: [], bytes: 49152 },
    source: { bytes: data.length, sha256, type: 'image/png', ...size, rgbSha256: sha256 },
    outputs: [{ name: 'image.png', dtype: 'png', shape: [128, 128, 3], data, sha256 }],
    ...{ preview: new Blob(), decoder: 'exact', core: 'scalar', tookMs: 0 },
  };
}

interface Setup {
  readonly device: Device;
  readonly model: InstalledBundle;
  readonly runner: InstalledBundle;
}

async function ask(
  { device, model, runner }: Setup,
  name: string,
  prompt: string,
): Promise<RunState> {
  await using running = new Runner(device, systemClock, NO_TOOLS);
  const setup = { runner, model, options: {}, env: {}, bigCores: 1 };
  const input = { input: await prepared(name), prompt, options: {} };
  let state = INITIAL_RUN;
  const events: RunEvent[] = [];
  for await (const event of running.ask(
    { pipeline: llamaRunner, setup, ...input },
    systemClock.now(),
    NEVER,
  )) {
    events.push(event);
    state = reduce(state, event);
  }
  const last = events.at(-1);
  if (last?.kind === 'failed') throw new Error(JSON.stringify(last.failure));
  return state;
}

const ANSWER =
  'from left to right: an orange triangle, a green triangle and a green circle on a white background.';
const ARM64 = ['cortex-a53', 'cortex-a76', 'max'] as const;

// Nothing installed -> a streamed answer from native code, through the page's own flows and ADB adapter.
describe('a real adbd gets the bundles and answers', () => {
  const through = async (options: DeviceOptions) => {
    await using machine = await startDevice(options);
    await using device = await connectTo(machine.port);
    const facts = must(await probe(device, NEVER));
    const runner = await installed(device, await bundleFromDisk('llama-runner'), facts);
    const model = await installed(device, await bundleFromDisk('tiny-vlm'), facts);
    const state = await ask({ device, model, runner }, '0000.png', 'Describe the picture.');
    return { facts, runner, state };
  };

  test('the x86-64 program', { timeout: 120_000 }, async ({ skip }) => {
    const reason = (await whyNoDevice()) ?? whyNot('x86_64');
    if (reason) skip(reason);
    const { state } = await through({});
    expect(state.text).toBe(ANSWER);
  });

  test.for(ARM64)(
    'the arm64 program on %s (qemu)',
    { timeout: 300_000 },
    async (arm64, { skip }) => {
      const reason = (await whyNoDevice()) ?? whyNot('arm64-v8a') ?? noQemu;
      if (reason) skip(reason);
      const { facts, runner, state } = await through({ arm64 });
      expect(facts.abis[0]).toBe('arm64-v8a');
      expect(runner.files.filter(({ abi }) => abi === 'arm64-v8a')).toHaveLength(1);
      expect(state.text).toBe(ANSWER);
      const best = must(filesFor(runner.manifest, facts.abis, facts.cpuFeatures));
      expect(best.find(({ role }) => role === 'runner')?.cpu?.at(-1)).toBe(
        { 'cortex-a53': undefined, 'cortex-a76': 'asimdhp', max: 'i8mm' }[arm64],
      );
    },
  );
});
