import { Qwen2VLImageProcessor, RawImage } from '@huggingface/transformers';
import jsquash, { initResize } from '@jsquash/resize';
import pica from 'pica';
import { startCore } from '../../src/adapters/preprocess/core';
import { prepareInput } from '../../src/adapters/preprocess/job';
import { fileToTensor, placed, resize, tensor } from '../preprocess/ours';
import { HEIGHT, QWEN, WIDTH } from '../preprocess/picture';

// Everything that runs in Chromium, ours and the others', in one worker. The driver asks for one thing at a time.

export interface Job {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Also compare the result with the reference of this name. */
  readonly reference?: string;
}

export interface Answer {
  readonly ms: number;
  readonly differing?: number;
  readonly largest?: number;
  readonly error?: string;
}

type Candidate = (width: number, height: number) => Promise<ArrayLike<number>> | ArrayLike<number>;

const load = async (path: string) => (await fetch(path)).arrayBuffer();
const rgba = new Uint8ClampedArray(await load('/data/photo.rgba'));
const jpeg = new Uint8Array(await load('/data/photo.jpg'));
const image = new ImageData(rgba, WIDTH, HEIGHT);
const simd = await startCore(await load('/core.wasm'), 'simd');
/** A memory of its own: its pixels stay. */
const third = await startCore(await load('/core.wasm'), 'simd');
let inPlace: { key: string; run: () => Uint8Array } | undefined;
let vipsSource: VipsImage | undefined;
const scalar = await startCore(await load('/core-scalar.wasm'), 'scalar');
await initResize(await load('/peers/@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm'));
const picaLib = pica({ features: ['js', 'wasm'] });
await picaLib.init();

interface VipsImage {
  reduce(x: number, y: number, options: { kernel: string }): VipsImage;
  writeToMemory(): Uint8Array;
  delete(): void;
}
interface Vips {
  Image: {
    newFromMemory(
      data: Uint8ClampedArray,
      w: number,
      h: number,
      bands: number,
      format: string,
    ): VipsImage;
  };
  concurrency(threads: number): void;
}
/** Its own file, not bundled: it starts threads from its own address. */
async function openVips(): Promise<Vips> {
  const url = '/peers/wasm-vips/lib/vips-es6.js';
  const { default: open } = (await import(/* @vite-ignore */ url)) as {
    default: (options: Record<string, unknown>) => Promise<Vips>;
  };
  const vips = await open({
    dynamicLibraries: [],
    mainScriptUrlOrBlob: url,
    locateFile: (file: string) => `/peers/wasm-vips/lib/${file}`,
  });
  vips.concurrency(1);
  return vips;
}
const vips = await openVips().catch(() => undefined);

const processor = new Qwen2VLImageProcessor({
  min_pixels: 3136,
  max_pixels: QWEN.maxPixels,
  size: { shortest_edge: 3136, longest_edge: QWEN.maxPixels },
  ...{ patch_size: 14, temporal_patch_size: 2, merge_size: 2, resample: 3 },
  ...{ do_resize: true, do_rescale: true, do_normalize: true, do_convert_rgb: true },
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
});

const recipe = { family: 'qwen2.5-vl', params: { max_pixels: QWEN.maxPixels } };

const CANDIDATES: Record<string, Candidate> = {
  nothing: () => [],
  'ours, SIMD': (w, h) => resize(simd, rgba, w, h),
  'ours, SIMD, pixels in place': (w, h) => {
    const key = `${w}x${h}`;
    if (inPlace?.key !== key) inPlace = { key, run: placed(third, rgba, w, h) };
    return inPlace.run();
  },
  'ours, scalar': (w, h) => resize(scalar, rgba, w, h),
  'pica (lanczos2)': (w, h) =>
    picaLib.resizeBuffer({
      src: rgba,
      width: WIDTH,
      height: HEIGHT,
      toWidth: w,
      toHeight: h,
      filter: 'lanczos2',
    }),
  '@jsquash/resize (catrom)': async (w, h) => {
    const options = {
      method: 'catrom',
      linearRGB: false,
      premultiply: false,
      fitMethod: 'stretch',
    };
    return (await jsquash(image, { width: w, height: h, ...options })).data;
  },
  'wasm-vips (reduce cubic)': (w, h) => {
    if (!vips) throw new Error('wasm-vips did not start');
    const source = vips.Image.newFromMemory(rgba, WIDTH, HEIGHT, 4, 'uchar');
    const reduced = source.reduce(WIDTH / w, HEIGHT / h, { kernel: 'cubic' });
    const out = reduced.writeToMemory();
    reduced.delete();
    source.delete();
    return out;
  },
  'wasm-vips, pixels in place': (w, h) => {
    if (!vips) throw new Error('wasm-vips did not start');
    vipsSource ??= vips.Image.newFromMemory(rgba, WIDTH, HEIGHT, 4, 'uchar');
    const reduced = vipsSource.reduce(WIDTH / w, HEIGHT / h, { kernel: 'cubic' });
    const out = reduced.writeToMemory();
    reduced.delete();
    return out;
  },
  'canvas (quality high)': async (w, h) => {
    const bitmap = await createImageBitmap(image);
    const context = new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, w, h);
    bitmap.close();
    return context.getImageData(0, 0, w, h).data;
  },
  'memory: 48.8 MB into WASM': () => {
    new Uint8Array(simd.memory.buffer, simd.exports.heapBase(), rgba.length).set(rgba);
    return [];
  },
  'ours: RGBA to tensor': () => floats(tensor(simd, rgba)),
  'transformers.js: RGBA to tensor': async () =>
    (await processor([new RawImage(rgba, WIDTH, HEIGHT, 4)])).pixel_values.data,
  'ours: JPEG to tensor': async () => floats(await fileToTensor(simd, jpeg)),
  'ours: JPEG, with hashes and preview': async () => {
    const result = await prepareInput(simd, new Blob([jpeg]), recipe);
    if (!result.ok) throw new Error(result.failure.detail);
    return floats(result.value.outputs[0]?.data ?? new Uint8Array());
  },
  'transformers.js: JPEG to tensor': async () => {
    const picture = await RawImage.fromBlob(new Blob([jpeg], { type: 'image/jpeg' }));
    return (await processor([picture])).pixel_values.data;
  },
};

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** Samples of red, green and blue that differ from the reference, and by how much at most. */
async function compare(out: ArrayLike<number>, reference: string): Promise<Omit<Answer, 'ms'>> {
  const bytes = await load(`/data/${reference}`);
  const expected = reference.endsWith('.f32') ? new Float32Array(bytes) : new Uint8Array(bytes);
  const step = out.length === expected.length ? 3 : 4; // RGB or RGBA
  let [differing, largest] = [0, 0];
  for (let i = 0, o = 0; i < expected.length; i++, o++) {
    if (step === 4 && o % 4 === 3) o++;
    const d = Math.abs(expected[i]! - out[o]!);
    if (d > 0) differing++;
    if (d > largest) largest = d;
  }
  return { differing, largest };
}

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  try {
    const start = performance.now();
    const out = await CANDIDATES[data.name]?.(data.width, data.height);
    const ms = performance.now() - start;
    const compared = data.reference && out ? await compare(out, data.reference) : {};
    self.postMessage({ ms, ...compared } satisfies Answer);
  } catch (error) {
    self.postMessage({ ms: NaN, error: String(error) } satisfies Answer);
  }
};
self.postMessage({ ms: 0 } satisfies Answer);
