import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock';
import type { BundleSource } from '../../src/domain/bundle';
import type { Device } from '../../src/domain/device';
import type { DeviceFacts } from '../../src/domain/device-facts';
import type { VisionEncoder } from '../../src/domain/encoder';
import type { Preparer } from '../../src/domain/prepare';
import { fail, ok } from '../../src/domain/result';
import { figureOf, keyOf, noteCheck, verdictOf, type Check } from '../../src/domain/self-test';
import { probe } from '../../src/flows/probe';
import { Runner } from '../../src/flows/run';
import { selfTest, type SelfTestJob } from '../../src/flows/self-test';
import { askWith, dumpPathOf } from '../../src/flows/self-test/ask';
import { llamaRunner } from '../../src/pipelines/llama-runner';
import { NO_TOOLS } from '../fakes/host-tools';
import { damaged, flipped, scaled, zeroed } from '../fakes/gguf-tensors';
import { whyNot } from '../payload/native-runner';
import { bundleFromDisk, installed } from './bundles';
import { connectTo, must, NEVER } from './connect';
import { noQemu, startDevice, whyNoDevice, type TestDevice } from './device';
import { createEncoderHere, createPreparerHere } from './page-tools';

const reason = (await whyNoDevice()) ?? whyNot('x86_64');

const PAYLOAD = join(import.meta.dirname, '../../device-payload/tiny-vlm');
const read = async (name: string) => new Uint8Array(await readFile(join(PAYLOAD, name)));

describe.skipIf(reason)(`the self-test on a real adbd (${reason ?? 'native runner'})`, () => {
  let machine: TestDevice;
  let device: Device;
  let facts: DeviceFacts;
  let preparer: Preparer;
  let encoder: VisionEncoder;
  let tiny: BundleSource;
  beforeAll(async () => {
    machine = await startDevice();
    device = await connectTo(machine.port);
    facts = must(await probe(device, NEVER));
    [preparer, encoder] = [await createPreparerHere(), await createEncoderHere()];
    tiny = await bundleFromDisk('tiny-vlm');
  }, 300_000);
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
  });

  /** Runs the whole test as the page does. */
  async function run(
    source: BundleSource,
    more: Partial<SelfTestJob> = {},
    on = { device, facts },
  ) {
    const { device, facts } = on;
    await using runner = new Runner(device, systemClock, NO_TOOLS);
    const install = async () =>
      ok({
        runner: await installed(device, await bundleFromDisk('llama-runner'), facts),
        model: await installed(device, source, facts),
        ...{ options: {}, bigCores: 1, env: {} },
      });
    const job: SelfTestJob = {
      ...{ device, source, install, dumpPath: dumpPathOf(llamaRunner) },
      pictures: async () => fail('image-not-image', 'no test needs the page’s pictures'),
      ...more,
    };
    const tools = { preparer, encoder, ask: askWith(runner, llamaRunner) };
    const testing = selfTest(job, tools, NEVER);
    let checks: readonly Check[] = [];
    let step = await testing.next();
    for (; !step.done; step = await testing.next()) checks = noteCheck(checks, step.value);
    must(step.value);
    return { checks, verdict: verdictOf(checks) };
  }

  /** The tiny model with another file in it, under its own truthful manifest: the hashes are all right. */
  async function withFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<BundleSource> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const files = tiny.manifest.files.map((file) =>
      file.path === path ? { ...file, bytes: bytes.length, sha256 } : file,
    );
    return {
      manifest: { ...tiny.manifest, version: `damaged-${sha256.slice(0, 8)}`, files },
      open: async (file, ...rest) =>
        file.path === path ? ok(new Blob([bytes]).stream()) : tiny.open(file, ...rest),
    };
  }
  const states = (checks: readonly Check[], kind: Check['kind']) =>
    checks.filter((check) => check.kind === kind).map(({ is }) => is);

  test('an undamaged model computes rightly, with figures', { timeout: 60_000 }, async () => {
    const { checks, verdict } = await run(tiny);
    for (const check of checks) console.log(`${keyOf(check)}: ${check.is}: ${figureOf(check)}`);
    expect(verdict).toEqual({ is: 'right', because: '' });
    const cases = tiny.manifest.model?.selfTest?.cases.length;
    expect(states(checks, 'answer')).toHaveLength(cases ?? -1);
    expect(states(checks, 'embeddings')).toHaveLength(cases ?? -1);
    for (const check of checks)
      if (check.kind === 'embeddings')
        expect(check.agreement).toMatchObject({ rows: 64, width: 128, badRows: 0 });
  });

  test.for(['cortex-a53', 'cortex-a76', 'max'] as const)(
    'so does the arm64 program on %s (qemu), with its own rounding',
    { timeout: 300_000 },
    async (arm64, { skip }) => {
      const absent = whyNot('arm64-v8a') ?? noQemu;
      if (absent) skip(absent);
      await using arm = await startDevice({ arm64 });
      await using its = await connectTo(arm.port);
      const phone = { device: its, facts: must(await probe(its, NEVER)) };
      const { checks, verdict } = await run(tiny, {}, phone);
      for (const check of checks)
        if (check.kind === 'embeddings') console.log(`${arm64}: ${figureOf(check)}`);
      expect(verdict).toEqual({ is: 'right', because: '' });
    },
  );

  test.each([
    ['an attention matrix zeroed', 'v.blk.1.attn_q.weight', zeroed],
    ['the projector scaled by 1.1', 'mm.1.weight', scaled(1.1)],
    ['the sign bit of every 100th byte', 'v.blk.0.ffn_up.weight', flipped(7, 100)],
  ])(
    '%s: same size, header intact, and it fails',
    { timeout: 60_000 },
    async (_, tensor, change) => {
      const source = await withFile(
        'vision.gguf',
        damaged(await read('vision.gguf'), tensor, change),
      );
      const { checks, verdict } = await run(source);
      expect(states(checks, 'files')).toEqual(['right']);
      expect(verdict.is).toBe('wrong');
      expect(states(checks, 'embeddings')).toContain('wrong');
      console.log(`${tensor}: ${verdict.because}`);
    },
  );

  test(
    'a language model that lost its vocabulary fails by its answers',
    { timeout: 60_000 },
    async () => {
      const bytes = damaged(await read('language.gguf'), 'token_embd.weight', zeroed);
      const { checks, verdict } = await run(await withFile('language.gguf', bytes));
      expect(verdict.is).toBe('wrong');
      expect(verdict.because).toContain('instead of');
      expect(new Set(states(checks, 'embeddings'))).toEqual(new Set(['right']));
    },
  );

  test(
    'a bit that fell over in the phone’s storage is found by its hash',
    { timeout: 60_000 },
    async () => {
      await run(tiny);
      const sha256 = tiny.manifest.files.find(({ path }) => path === 'vision.gguf')?.sha256 ?? '';
      const path = join(machine.data, 'local/tmp/plugsight/files', sha256);
      const rot = async () => {
        const [bytes, { atime, mtime }] = [await readFile(path), await stat(path)];
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(path, bytes);
        await utimes(path, atime, mtime); // rotting storage touches nothing; an install hashes what was touched
      };
      await rot();
      const { checks, verdict } = await run(tiny);
      expect(verdict.is).toBe('wrong');
      expect(verdict.because).toMatch(/^vision\.gguf has sha256 [0-9a-f]{12}… on the phone/);
      expect(states(checks, 'files')).toEqual(['wrong']);
      await rot(); // the same bit again
    },
  );

  describe('with an ONNX encoder of the user’s', () => {
    /** The tiny model as if its files had been picked from disk: it brings no answers and no encoder. */
    const own = (): BundleSource => {
      const model = { ...tiny.manifest.model! };
      delete model.selfTest;
      return { ...tiny, manifest: { ...tiny.manifest, model } };
    };
    const pictures = async () =>
      ok([{ file: new Blob([await read(tiny.manifest.model!.selfTest!.cases[0]!.picture.url)]) }]);

    test(
      'embeddings are compared; answers nobody knows stay unknown',
      { timeout: 60_000 },
      async () => {
        const file = new Blob([await read('vision.onnx')]);
        const { checks, verdict } = await run(own(), {
          pictures,
          encoder: { file, size: 128 },
        });
        expect(verdict).toEqual({ is: 'unknown', because: 'No answers are known for this model' });
        expect(states(checks, 'embeddings')).toEqual(['right']);
      },
    );

    test('without one, nothing is claimed', { timeout: 60_000 }, async () => {
      const { checks, verdict } = await run(own(), { pictures });
      expect(verdict.is).toBe('unknown');
      expect(checks.map(figureOf)).toContain('No ONNX encoder of this model is at hand');
    });
  });

  test('nothing of it stays on the phone', { timeout: 60_000 }, async () => {
    await run(tiny);
    const left = must(await device.shell('ls -A /data/local/tmp/plugsight/runs', NEVER));
    expect(left.stdout).toBe('');
  });
});
