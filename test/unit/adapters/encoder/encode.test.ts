import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  encode,
  inspect,
  startRuntime,
  type Runtime,
} from '../../../../src/adapters/encoder/encode';
import { MAX_ENCODER_BYTES } from '../../../../src/domain/encoder';
import { echo, onnx } from '../../../fakes/onnx';

const ENCODER = join(import.meta.dirname, '../../../../device-payload/tiny-vlm/vision.onnx');
const WASM = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');

let ort: Runtime;
let vision: Blob;
beforeAll(async () => {
  ort = await startRuntime(await readFile(WASM));
  vision = new Blob([await readFile(ENCODER)]);
});

const tensor = (height: number, width: number, fill = (i: number) => Math.sin(i)) => ({
  shape: [1, 3, height, width],
  data: new Uint8Array(Float32Array.from({ length: 3 * height * width }, (_, i) => fill(i)).buffer),
});
const whyNot = async (model: Blob) => {
  const seen = await inspect(ort, model);
  return seen.ok ? 'loaded' : seen.failure;
};

test('the model’s own encoder: one row for each of 64 tokens, the same for the same picture', async () => {
  expect(await inspect(ort, vision)).toEqual({
    ok: true,
    value: { input: 'pixels', height: 128, width: 128 },
  });
  const pictures = [tensor(128, 128), tensor(128, 128, () => 0.5), tensor(128, 128)];
  const made = await encode(ort, { model: vision, pictures });
  if (!made.ok) throw new Error(made.failure.detail);
  const [first, second, again] = made.value.embeddings;
  expect(made.value).toMatchObject({ rows: 64, width: 128 });
  expect(made.value.engine).toBe('onnxruntime-web 1.30.0 (WASM SIMD, 1 thread)');
  expect(first).toHaveLength(64 * 128);
  expect(first?.every(Number.isFinite)).toBe(true);
  expect(again).toEqual(first);
  expect(second).not.toEqual(first);
});

test('pixels may lie at any offset of their bytes', async () => {
  const { shape, data } = tensor(128, 128);
  const odd = new Uint8Array(data.length + 1);
  odd.set(data, 1);
  const both = [
    { shape, data },
    { shape, data: odd.subarray(1) },
  ];
  const made = await encode(ort, { model: vision, pictures: both });
  expect(made.ok && made.value.embeddings[0]).toEqual(made.ok && made.value.embeddings[1]);
});

describe('a file that is no encoder is refused with what it is', () => {
  test.each([
    ['text', async () => new Blob(['not a model at all'])],
    ['nothing', async () => new Blob([])],
    ['half an encoder', async () => vision.slice(0, 700_000)],
    ['a GGUF', async () => new Blob([await readFile(join(ENCODER, '../vision.gguf'))])],
  ])('%s', async (_, make) => {
    expect(await whyNot(await make())).toMatchObject({
      code: 'encoder-invalid',
      detail: expect.stringMatching(/^[\x20-\x7e]{10,300}$/) as string,
    });
  });

  test('a file larger than WASM can hold is not read', async () => {
    const read = () => Promise.reject(new Error('it was read'));
    const huge = { size: MAX_ENCODER_BYTES + 1, arrayBuffer: read } as unknown as Blob;
    expect(await whyNot(huge)).toMatchObject({ code: 'encoder-invalid' });
  });

  test('a file that went away since it was picked', async () => {
    const read = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
    const lost = { size: 9, arrayBuffer: read } as unknown as Blob;
    expect(await whyNot(lost)).toMatchObject({ code: 'encoder-invalid' });
  });

  const pixels = { name: 'pixels', shape: [1, 3, 8, 8] } as const;
  test.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['ids as input', echo({ name: 'ids', type: 'int64', shape: [1, 't'] }), /ids: int64 \[1, t\]/],
    ['bytes as input', echo({ ...pixels, type: 'uint8' }), /uint8 \[1, 3, 8, 8\]/],
    ['one channel', echo({ ...pixels, shape: [1, 1, 8, 8] }), /\[1, 1, 8, 8\]/],
    ['channels last', echo({ ...pixels, shape: [1, 8, 8, 3] }), /\[1, 8, 8, 3\]/],
    ['two pictures', echo({ ...pixels, shape: [2, 3, 8, 8] }), /\[2, 3, 8, 8\]/],
    ['a giant picture', echo({ ...pixels, shape: [1, 3, 9000, 8] }), /at most 4096/],
    ['an output of pixels', echo(pixels), /outputs are out: float32 \[1, 3, 8, 8\]/],
    [
      'two inputs',
      onnx({
        inputs: [pixels, { ...pixels, name: 'more' }],
        outputs: [{ name: 'out', shape: [1, 3, 8, 8] }],
        nodes: [['Add', ['pixels', 'more'], ['out']]],
      }),
      /2 inputs/,
    ],
  ])('%s', async (_, bytes, detail) => {
    expect(await whyNot(new Blob([bytes]))).toMatchObject({
      code: 'encoder-shape',
      detail: expect.stringMatching(detail) as string,
    });
  });
});

test('a picture of another size than the encoder’s is refused', async () => {
  const made = await encode(ort, { model: vision, pictures: [tensor(64, 64)] });
  expect(made).toMatchObject({
    ok: false,
    failure: {
      code: 'encoder-shape',
      detail: 'it takes 128 x 128 pixels, the picture has 64 x 64',
    },
  });
});

test('an encoder that leaves the size open says so', async () => {
  const open = onnx({
    inputs: [{ name: 'x', shape: ['b', 3, 'h', 'w'] }],
    outputs: [{ name: 'out', shape: ['n', 'd'] }],
    nodes: [['Flatten', ['x'], ['out']]],
  });
  const seen = await inspect(ort, new Blob([open]));
  expect(seen).toEqual({ ok: true, value: { input: 'x', height: undefined, width: undefined } });
  const model = new Blob([open]);
  const made = await encode(ort, { model, pictures: [tensor(4, 4)] });
  expect(made).toMatchObject({ ok: true, value: { rows: 1, width: 48 } });
  const two = await encode(ort, { model, pictures: [tensor(4, 4), tensor(8, 8)] });
  expect(two).toMatchObject({ ok: false, failure: { code: 'encoder-shape' } });
});
