import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storedPath, type BundleSource, type Manifest } from '../../../src/domain/bundle';
import { DEVICE_ROOT } from '../../../src/domain/device';
import type { EncodeJob, Encoded, VisionEncoder } from '../../../src/domain/encoder';
import type { InstalledBundle } from '../../../src/domain/pipeline';
import type { PreparedInput } from '../../../src/domain/prepare';
import { fail, ok, type Result } from '../../../src/domain/result';
import { noteCheck, verdictOf, type Check } from '../../../src/domain/self-test';
import { selfTest, type Ask, type SelfTestJob } from '../../../src/flows/self-test';
import { FakeDevice } from '../../fakes/device';

const NEVER = new AbortController().signal;
const DUMP = `${DEVICE_ROOT}/runs/dump`;
const VISION = join(import.meta.dirname, '../../../device-payload/tiny-vlm/vision.gguf');
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string) => new TextEncoder().encode(text);

let device: FakeDevice;
/** Files of the bundle by path. */
let content: Map<string, Uint8Array<ArrayBuffer>>;
/** What the phone's program says, and what it writes as embeddings; undefined: nothing. */
let says: (prompt: string) => Result<string>;
let writes: (picture: number) => Float32Array | undefined;
/** What the page's engine computes. */
let encoded: (job: EncodeJob) => Result<Encoded>;
let loads: number;
let asked: { prompt: string; maxTokens: number }[];

beforeEach(async () => {
  device = new FakeDevice();
  content = new Map([
    ['one.png', bytesOf('picture one')],
    ['two.png', bytesOf('picture two')],
    ['vision.onnx', bytesOf('encoder')],
    ['language.gguf', bytesOf('language')],
    ['vision.gguf', new Uint8Array(await readFile(VISION))],
  ]);
  says = (prompt) => ok(` ${prompt.toUpperCase()}\n`);
  writes = rows;
  encoded = ({ pictures }) =>
    ok({
      ...{ engine: 'second', rows: 2, width: 3, loadMs: 1, encodeMs: 2 },
      embeddings: pictures.map((_, i) => rows(i)),
    });
  [loads, asked] = [0, []];
});
afterEach(() => device[Symbol.asyncDispose]());

const rows = (picture: number) => Float32Array.from([1, 2, 3, 4, 5, 6 + picture]);
const entry = (path: string) => {
  const bytes = content.get(path) ?? new Uint8Array();
  return { path, url: path, bytes: bytes.length, sha256: hashOf(bytes) };
};
const known = (path: string, prompt: string) => ({
  ...{ picture: entry(path), prompt, answer: prompt.toUpperCase() },
});

function sourceOf(
  change: (model: NonNullable<Manifest['model']>) => void = () => {},
): BundleSource {
  const model: NonNullable<Manifest['model']> = {
    ...{ input: { family: 'square-png', params: { size: 4 } }, context: 512, prompts: [] },
    selfTest: {
      ...{ origin: 'this test', encoder: entry('vision.onnx') },
      cases: [known('one.png', 'first?'), known('two.png', 'second?')],
    },
  };
  change(model);
  const file = (path: string, role: 'language' | 'vision') =>
    ({ ...entry(path), mode: '644', role }) as const;
  return {
    manifest: {
      ...{ schema: 'plugsight-bundle/1', id: 'm', version: '1', title: 'm', kind: 'model' },
      ...{ licence: 'MIT', pipelines: ['llama-runner'], requires: {}, model },
      files: [file('language.gguf', 'language'), file('vision.gguf', 'vision')],
    },
    open: async ({ path }) => {
      const bytes = content.get(path);
      return bytes ? ok(new Blob([bytes]).stream()) : fail('bundle-unreachable', path);
    },
  };
}

async function putOnPhone({ manifest }: BundleSource): Promise<InstalledBundle> {
  for (const { path, sha256 } of manifest.files) {
    const at = device.here(storedPath(sha256));
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content.get(path) ?? '');
  }
  return { manifest, dir: DEVICE_ROOT, files: manifest.files };
}

function prepared(data: Uint8Array, png: boolean): PreparedInput {
  const sha256 = hashOf(data);
  const size = { width: 4, height: 4 };
  return {
    recipe: { family: 'square-png', params: {} },
    plan: { crop: { x: 0, y: 0, ...size }, ...size, imageTokens: 2, tiles: [], bytes: 48 },
    source: { bytes: 1, sha256, type: 'image/png', ...size, rgbSha256: sha256 },
    outputs: [
      png
        ? { name: 'image.png', dtype: 'png', shape: [4, 4, 3], data, sha256 }
        : { name: 'pixel_values', dtype: 'float32', shape: [1, 3, 4, 4], data, sha256 },
    ],
    ...{ preview: new Blob(), decoder: 'exact', core: 'simd', tookMs: 1 },
  };
}

async function run(source = sourceOf(), more: Partial<SelfTestJob> = {}, signal = NEVER) {
  let picture = 0;
  const ask: Ask = async ({ prompt, maxTokens }, stop) => {
    asked.push({ prompt, maxTokens });
    const values = writes(picture++);
    await mkdir(dirname(device.here(DUMP)), { recursive: true });
    if (values) await writeFile(device.here(DUMP), new Uint8Array(values.buffer));
    return stop.aborted ? fail('cancelled') : says(prompt);
  };
  const encoder: VisionEncoder = {
    inspect: async () => fail('encoder-invalid', 'not asked'),
    encode: async (job) => {
      loads += 1;
      return encoded(job);
    },
  };
  const preparer = {
    prepare: async (file: Blob, { family }: { family: string }) =>
      ok(prepared(new Uint8Array(await file.arrayBuffer()), family === 'square-png')),
  };
  const job: SelfTestJob = {
    ...{ device, source, dumpPath: DUMP },
    install: async () => {
      const model = await putOnPhone(source);
      const runner = { ...model, files: [] };
      return ok({ runner, model, options: {}, bigCores: 1, env: {} });
    },
    pictures: async () => ok([{ file: new Blob(['some picture']) }]),
    ...more,
  };
  const testing = selfTest(job, { preparer, encoder, ask }, signal);
  let checks: readonly Check[] = [];
  for (;;) {
    const step = await testing.next();
    if (step.done) return { result: step.value, checks, verdict: verdictOf(checks) };
    checks = noteCheck(checks, step.value);
  }
}
const told = (checks: readonly Check[]) =>
  checks.map((check) => `${check.kind}${'number' in check ? check.number : ''} ${check.is}`);

test('two engines agree and all answers are known: it computes rightly', async () => {
  const { result, checks, verdict } = await run();
  expect(result).toEqual(ok());
  expect(told(checks)).toEqual([
    ...['files right', 'answer1 right', 'engine right', 'embeddings1 right'],
    ...['answer2 right', 'embeddings2 right'],
  ]);
  expect(verdict.is).toBe('right');
  expect(loads).toBe(1);
  expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([96, 96]);
});

test('its own dump does not stay on the phone', async () => {
  await run();
  expect(await readFile(device.here(DUMP)).catch(() => 'gone')).toBe('gone');
});

describe('it differs', () => {
  test('when a picture’s embeddings turn away', async () => {
    writes = (picture) => rows(picture).map((value, i) => (i === 4 && picture === 1 ? -5 : value));
    const { checks, verdict } = await run();
    expect(told(checks)).toContain('embeddings1 right');
    expect(verdict).toMatchObject({
      ...{ is: 'wrong', because: expect.stringMatching(/^token 1 has cosine/) as string },
    });
  });

  test('when they hold no numbers', async () => {
    writes = (picture) => rows(picture).fill(NaN);
    expect((await run()).verdict.because).toMatch(/2 of 2 tokens hold values that are no numbers/);
  });

  test('when an answer is another', async () => {
    says = (prompt) => ok(prompt === 'second?' ? 'hm' : prompt.toUpperCase());
    expect((await run()).verdict).toEqual({ is: 'wrong', because: '“hm” instead of “SECOND?”' });
  });

  test('when there are more or fewer values than tokens', async () => {
    writes = () => Float32Array.from([1, 2, 3]);
    const { verdict, checks } = await run();
    expect(verdict).toEqual({
      ...{ is: 'wrong', because: 'The phone wrote 12 bytes; 2 tokens of 3 values are 24' },
    });
    expect(told(checks)).toContain('answer2 right'); // the rest is still worth knowing
  });

  test('when a file changed on the phone after it was put there', async () => {
    const source = sourceOf();
    const install = async () => {
      const model = await putOnPhone(source);
      await writeFile(device.here(storedPath(entry('language.gguf').sha256)), 'LANGUAGE');
      return ok({ runner: { ...model, files: [] }, model, options: {}, bigCores: 1, env: {} });
    };
    const { verdict } = await run(source, { install });
    expect(verdict.because).toMatch(/^language\.gguf has sha256 [0-9a-f]{12}… on the phone/);
  });

  test('when a file is gone from the phone', async () => {
    const source = sourceOf();
    const install = async () => {
      const model = { manifest: source.manifest, dir: DEVICE_ROOT, files: source.manifest.files };
      return ok({ runner: { ...model, files: [] }, model, options: {}, bigCores: 1, env: {} });
    };
    const { verdict } = await run(source, { install });
    expect(verdict.because).toBe('language.gguf is not on the phone any more');
  });

  test.each([
    'runner-load',
    'runner-crashed',
    'runner-illegal-instruction',
    'runner-refused',
  ] as const)('when the program ends with %s; nothing more is asked of it', async (code) => {
    says = () => fail(code, 'its words');
    const { result, verdict } = await run();
    expect(result.ok).toBe(true);
    expect(verdict).toEqual({ is: 'wrong', because: `${code}: its words` });
    expect(asked).toHaveLength(1);
  });
});

describe('it cannot be told', () => {
  test('when the engine on the phone gives no embeddings; the page’s is not even loaded', async () => {
    writes = () => undefined;
    const { checks, verdict } = await run();
    expect(told(checks)).toEqual([
      ...['files right', 'answer1 right', 'embeddings0 unknown', 'answer2 right'],
    ]);
    expect(verdict).toEqual({
      ...{ is: 'unknown', because: 'The engine on this phone gives no embeddings' },
    });
    expect(loads).toBe(0);
  });

  test('when the pipeline has no way to write them', async () => {
    const { verdict } = await run(sourceOf(), { dumpPath: undefined });
    expect(verdict.because).toBe('This pipeline gives no embeddings');
  });

  test('when no encoder is at hand', async () => {
    const source = sourceOf((model) => delete model.selfTest?.encoder);
    const { verdict } = await run(source);
    expect(verdict.because).toBe('No ONNX encoder of this model is at hand');
  });

  test('when no answers are known: any picture is encoded, with one token of answer', async () => {
    const source = sourceOf((model) => delete model.selfTest);
    const encoder = { file: new Blob(['own']), size: 4 };
    const { checks, verdict } = await run(source, { encoder });
    expect(told(checks)).toEqual([
      ...['files right', 'answer0 unknown', 'engine right', 'embeddings1 right'],
    ]);
    expect(verdict).toEqual({ is: 'unknown', because: 'No answers are known for this model' });
    expect(asked).toEqual([{ prompt: 'Describe the image.', maxTokens: 1 }]);
  });

  test('when the user’s encoder is of another model', async () => {
    encoded = ({ pictures }) =>
      ok({
        ...{ engine: 'second', rows: 5, width: 3, loadMs: 1, encodeMs: 2 },
        embeddings: pictures.map(() => new Float32Array(15)),
      });
    const encoder = { file: new Blob(['own']), size: 4 };
    const { verdict } = await run(sourceOf(), { encoder });
    expect(verdict).toEqual({
      ...{ is: 'unknown', because: 'The phone wrote 24 bytes; 5 tokens of 3 values are 60' },
    });
  });

  test('when the user’s encoder cannot be computed', async () => {
    encoded = () => fail('encoder-failed', 'out of memory');
    const encoder = { file: new Blob(['own']), size: 4 };
    const { result, verdict } = await run(sourceOf(), { encoder });
    expect(result.ok).toBe(true);
    expect(verdict).toEqual({ is: 'unknown', because: 'encoder-failed: out of memory' });
  });
});

describe('the test itself fails, and claims nothing', () => {
  const codeOf = (result: Result<void>) => (result.ok ? 'ok' : result.failure.code);

  test('when the phone is unplugged in the middle of an answer', async () => {
    says = () => {
      device.unplug();
      return fail('unplugged');
    };
    const { result, verdict } = await run();
    expect([codeOf(result), verdict.is]).toEqual(['unplugged', 'unknown']);
  });

  test('when it is cancelled', async () => {
    const stop = new AbortController();
    says = () => {
      stop.abort();
      return fail('cancelled');
    };
    const { result, verdict } = await run(sourceOf(), {}, stop.signal);
    expect([codeOf(result), verdict.is]).toEqual(['cancelled', 'unknown']);
    expect(asked).toHaveLength(1);
  });

  test('when the runner is silent', async () => {
    says = () => fail('runner-timeout');
    const { result, verdict } = await run();
    expect([codeOf(result), verdict.is]).toEqual(['runner-timeout', 'unknown']);
  });

  test('when installing fails', async () => {
    const { result, checks } = await run(sourceOf(), { install: async () => fail('disk-full') });
    expect([codeOf(result), asked.length]).toEqual(['disk-full', 0]);
    expect(verdictOf(checks).is).toBe('unknown');
  });

  test.each([
    ['other bytes', 'picture 0ne', 'hash-mismatch'],
    ['fewer bytes', 'pic', 'size-mismatch'],
    ['more bytes', 'picture one and more', 'size-mismatch'],
  ])('when a picture came with %s than the manifest promises', async (_, text, code) => {
    const source = sourceOf();
    content.set('one.png', bytesOf(text));
    expect(codeOf((await run(source)).result)).toBe(code);
    expect(asked).toEqual([]);
  });

  test('when the model’s own encoder cannot be loaded', async () => {
    encoded = () => fail('encoder-invalid', 'damaged on the server');
    expect(codeOf((await run()).result)).toBe('encoder-invalid');
  });

  test('when the mmproj does not say how pixels are scaled', async () => {
    content.set('vision.gguf', bytesOf('not a GGUF, but long enough to have a header'));
    expect(codeOf((await run()).result)).toBe('model-invalid');
  });
});
