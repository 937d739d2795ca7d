import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { combine, inputIds } from '../../../../src/adapters/embeddings/combine';
import type { CombineJob, Ranges } from '../../../../src/domain/embeddings';
import { fromHalf, toHalf } from '../../../../src/domain/half';

/** A table of 8 rows of 2; row i is (i, i + 0.5). Two rows a picture, room for 8. */
const model = { width: 2, imageRows: 2, vocabulary: 8, context: 8 };
const table = Array.from({ length: 16 }, (_, i) => Math.floor(i / 2) + (i % 2) * 0.5);
const f32 = (values: readonly number[]) => new Blob([Float32Array.from(values)]);
const f16 = (values: readonly number[]) => new Blob([Uint16Array.from(values, toHalf)]);
const vision = { file: f32([10, 11, 12, 13]) };

const job = (over: Partial<CombineJob> = {}): CombineJob => ({
  model,
  vision,
  text: { kind: 'table', file: f32(table) },
  before: [3, 1],
  after: [3],
  ...over,
});

async function values(over: Partial<CombineJob> = {}): Promise<number[]> {
  const result = await combine(job(over));
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  const { data, dtype } = result.value;
  return dtype === 'float32'
    ? [...new Float32Array(data.slice().buffer)]
    : Array.from(new Uint16Array(data.slice().buffer), fromHalf);
}
const failure = async (over: Partial<CombineJob>) => {
  const result = await combine(job(over));
  return result.ok ? undefined : [result.failure.code, result.failure.detail];
};

const COMBINED = [3, 3.5, 1, 1.5, 10, 11, 12, 13, 3, 3.5];

describe('combined_embeddings.raw', () => {
  test('is text, picture, text, as f32 without a header', async () => {
    const result = await combine(job());
    const data = new Uint8Array(Float32Array.from(COMBINED).buffer);
    expect(result).toMatchObject({
      ok: true,
      value: { data, dtype: 'float32', rows: 5, width: 2, maxNewTokens: 3 },
    });
    if (!result.ok) return;
    expect(result.value.sha256).toBe(createHash('sha256').update(data).digest('hex'));
    expect(result.value.image).toEqual({
      rows: 2,
      minNorm: Math.sqrt(100 + 121),
      meanNorm: (Math.sqrt(100 + 121) + Math.sqrt(144 + 169)) / 2,
      maxNorm: Math.sqrt(144 + 169),
      zeroRows: 0,
      badRows: 0,
    });
  });

  test('has the type of the table: f16 with an f16 table', async () => {
    const text = { kind: 'table', file: f16(table) } as const;
    const result = await combine(job({ text }));
    expect(result).toMatchObject({ ok: true, value: { dtype: 'float16' } });
    if (result.ok) expect(result.value.data).toHaveLength(COMBINED.length * 2);
    expect(await values({ text })).toEqual(COMBINED);
  });

  test('a quantised picture is (q + offset) * scale', async () => {
    const file = new Blob([Uint8Array.of(0, 130, 128, 255)]);
    const quantised = { scale: 0.25, offset: -128 };
    expect((await values({ vision: { file, quantised } })).slice(4, 8)).toEqual([
      -32, 0.5, 0, 31.75,
    ]);
  });

  test.each([
    ['f32', f32],
    ['f16', f16],
  ])('the text encoder gives its rows in order, padding is left out (%s)', async (_, make) => {
    const padded = [...[1, 2, 3, 4, 5, 6], ...Array<number>(10).fill(99)];
    const text = { kind: 'encoder', file: make(padded), output: 'float32' } as const;
    expect(await values({ text })).toEqual([1, 2, 3, 4, 10, 11, 12, 13, 5, 6]);
    expect(await values({ text: { ...text, output: 'float16' } })).toHaveLength(10);
  });
});

describe('files of another model', () => {
  test.each<[string, Partial<CombineJob>, string, RegExp]>([
    [
      'no room for an answer',
      { before: [1, 1, 1, 1, 1] },
      'context-too-small',
      /8 rows of 8, and none/,
    ],
    [
      'vision output too long',
      { vision: { file: f32([1, 2, 3, 4, 5]) } },
      'embeddings-invalid',
      /20 bytes; 2 x 2 f32 make 16/,
    ],
    [
      'f32 where u8 is said',
      { vision: { ...vision, quantised: { scale: 1, offset: 0 } } },
      'embeddings-invalid',
      /16 bytes; 2 x 2 u8 make 4/,
    ],
    [
      'no scale',
      { vision: { file: new Blob(['abcd']), quantised: { scale: 0, offset: 0 } } },
      'embeddings-invalid',
      /scale 0/,
    ],
    [
      'not finite',
      { vision: { file: f32([1, NaN, 3, 4]) } },
      'embeddings-invalid',
      /1 of 2 rows have values that are not finite/,
    ],
    [
      'nothing but zeros',
      { vision: { file: f32([0, 0, 0, 0]) } },
      'embeddings-invalid',
      /nothing but zeros/,
    ],
    [
      'another table',
      { text: { kind: 'table', file: f32([1, 2]) } },
      'embeddings-invalid',
      /8 bytes; 8 x 2 make 64 \(f32\)/,
    ],
    ['an id beyond it', { after: [8] }, 'embeddings-invalid', /token 8; the table has 8 rows/],
    [
      'another text encoder',
      { text: { kind: 'encoder', file: f32([1]), output: 'float32' } },
      'embeddings-invalid',
      /4 bytes; 8 x 2 make 64/,
    ],
  ])('%s', async (_, over, code, detail) => {
    expect(await failure(over)).toEqual([code, expect.stringMatching(detail)]);
  });
});

test('of a table of 544 MB only the rows of the prompt are read', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'plugsight-lut-'));
  try {
    const path = join(dir, 'embedding.bin');
    const rowBytes = 896 * 4;
    const ids = [151644, 8948, 0, 151935, 8948];
    const handle = await open(path, 'w');
    await handle.truncate(151936 * rowBytes); // sparse: takes no room on disk
    for (const id of ids)
      await handle.write(new Float32Array(896).fill(id + 1), 0, rowBytes, id * rowBytes);
    await handle.close();

    const file = await openAsBlob(path);
    let readBytes = 0;
    const counted: Ranges = {
      size: file.size,
      slice: (start = 0, end = file.size) => {
        readBytes += end - start;
        return file.slice(start, end);
      },
    };
    const before = process.memoryUsage();
    const result = await combine({
      model: { width: 896, imageRows: 256, vocabulary: 151936, context: 512 },
      vision: { file: f32(Array<number>(256 * 896).fill(1)) },
      text: { kind: 'table', file: counted },
      before: ids.slice(0, 3),
      after: ids.slice(3),
    });
    const after = process.memoryUsage();
    if (!result.ok) throw new Error(JSON.stringify(result.failure));

    expect(counted.size).toBe(544_538_624);
    expect(readBytes).toBe(4 * rowBytes); // four distinct ids
    const held = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    expect(held).toBeLessThan(32 << 20);
    const rows = new Float32Array(result.value.data.slice().buffer);
    expect(result.value.rows).toBe(261);
    expect([0, 1, 2, 3, 258, 259, 260].map((row) => rows[row * 896])).toEqual([
      151645, 8949, 1, 1, 1, 151936, 8949,
    ]);
  } finally {
    await rm(dir, { recursive: true });
  }
});

describe('input_ids.raw', () => {
  test('is padded i32', () => {
    const result = inputIds([1, 2], 4, 151643);
    const data = new Uint8Array(Int32Array.of(1, 2, 151643, 151643).buffer);
    expect(result).toEqual({ ok: true, value: data });
  });

  test('a prompt that is longer is refused', () => {
    expect(inputIds([1, 2, 3], 2, 0)).toMatchObject({ failure: { code: 'context-too-small' } });
  });
});
