import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BundleSource } from '../../../src/domain/bundle';
import { MAX_ENCODER_BYTES, type EncoderShape } from '../../../src/domain/encoder';
import { fail, ok, type Result } from '../../../src/domain/result';
import { checkEncoder } from '../../../src/flows/self-test/own-encoder';

const NEVER = new AbortController().signal;
const VISION = join(import.meta.dirname, '../../../device-payload/tiny-vlm/vision.gguf');
const FILE = new Blob(['onnx']);

/** A model whose mmproj is this file; Tiny VLM's is for 128 x 128. */
const sourceOf = (bytes: Uint8Array<ArrayBuffer>): BundleSource => ({
  manifest: {
    ...{ schema: 'plugsight-bundle/1', id: 'm', version: '1', title: 'm', kind: 'model' },
    ...{ licence: 'MIT', pipelines: ['llama-runner'], requires: {} },
    files: [
      ...[{ path: 'v', url: 'v', role: 'vision', mode: '644', sha256: 'a'.repeat(64) } as const],
    ].map((file) => ({ ...file, bytes: bytes.length })),
  },
  open: async () => ok(new Blob([bytes]).stream()),
});
const tiny = async () => sourceOf(new Uint8Array(await readFile(VISION)));

const check = (source: BundleSource, shape: Result<EncoderShape>, file = FILE) =>
  checkEncoder(
    file,
    source,
    { inspect: async () => shape, encode: async () => fail('encoder-failed', 'not asked') },
    NEVER,
  );
const takes = (height?: number, width = height) => ok({ input: 'x', height, width });

test('an encoder of the mmproj’s size is taken', async () => {
  expect(await check(await tiny(), takes(128))).toEqual(ok({ file: FILE, size: 128 }));
});

test('one that leaves the size open takes the mmproj’s', async () => {
  expect(await check(await tiny(), takes())).toEqual(ok({ file: FILE, size: 128 }));
});

test.each([
  ['another size', takes(224), 'it takes 224 x 224 pixels, the mmproj 128 x 128'],
  ['no square', takes(128, 96), 'it takes 128 x 96 pixels; only squares are compared'],
])('%s is refused', async (_, shape, detail) => {
  const failure = { code: 'encoder-shape', detail };
  expect(await check(await tiny(), shape)).toEqual({ ok: false, failure });
});

test('what the engine refuses is refused in its words', async () => {
  const failed = fail('encoder-invalid', 'protobuf parsing failed');
  expect(await check(await tiny(), failed)).toEqual(failed);
});

test('a file larger than WASM can hold is not even handed on', async () => {
  const huge = { size: MAX_ENCODER_BYTES + 1 } as Blob;
  expect(await check(await tiny(), takes(128), huge)).toMatchObject({
    ...{ ok: false, failure: { code: 'encoder-invalid' } },
  });
});

test('a model whose mmproj says nothing of its pixels cannot be compared', async () => {
  const source = sourceOf(new TextEncoder().encode('GGUF? no, but longer than a header'));
  expect(await check(source, takes(128))).toMatchObject({ failure: { code: 'model-invalid' } });
});
