import type * as Ort from 'onnxruntime-web/wasm';
import {
  MAX_ENCODER_BYTES,
  type EncodeJob,
  type Encoded,
  type EncoderShape,
  type PixelTensor,
} from '../../domain/encoder';
import { fail, ok, type Result } from '../../domain/result';
import { inputOf, outputOf, tableOf } from './shape';

export type Runtime = typeof Ort;
type Session = Ort.InferenceSession;

/** Starts onnxruntime-web from its plain SIMD build: one thread, no GPU. `wasm` is where its module lies, or the module. */
export async function startRuntime(wasm: string | Uint8Array): Promise<Runtime> {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.logLevel = 'error'; // it says everything twice; what it throws is enough
  // Threads need a cross-origin isolated page, which a static host may not make.
  ort.env.wasm.numThreads = 1;
  if (typeof wasm === 'string') ort.env.wasm.wasmPaths = { wasm };
  else ort.env.wasm.wasmBinary = wasm;
  return ort;
}

/** What the file takes, when it is an image encoder. Failures: encoder-invalid, encoder-shape. */
export async function inspect(ort: Runtime, model: Blob): Promise<Result<EncoderShape>> {
  return withSession(ort, model, async ({ shape }) => ok(shape));
}

/** Encodes the pictures of a job with one session. Failures: encoder-invalid, encoder-shape, encoder-failed. */
export async function encode(ort: Runtime, job: EncodeJob): Promise<Result<Encoded>> {
  const began = performance.now();
  return withSession(ort, job.model, async (loaded) => {
    const loadMs = performance.now() - began;
    const embeddings: Float32Array[] = [];
    let size: { rows: number; width: number } | undefined;
    for (const picture of job.pictures) {
      const made = await run(ort, loaded, picture);
      if (!made.ok) return made;
      const { rows, width, values } = made.value;
      size ??= { rows, width };
      if (rows !== size.rows || width !== size.width)
        return fail('encoder-shape', `${rows} x ${width} after ${size.rows} x ${size.width}`);
      embeddings.push(values);
    }
    if (!size) throw new Error('a job has at least one picture');
    const encodeMs = performance.now() - began - loadMs;
    return ok({ engine: engineOf(ort), ...size, embeddings, loadMs, encodeMs });
  });
}

const engineOf = ({ env }: Runtime) =>
  `onnxruntime-web ${env.versions.web ?? '?'} (WASM SIMD, 1 thread)`;

interface Loaded {
  readonly session: Session;
  readonly shape: EncoderShape;
  readonly output: string;
}

async function withSession<T>(
  ort: Runtime,
  model: Blob,
  use: (loaded: Loaded) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (model.size > MAX_ENCODER_BYTES)
    return fail('encoder-invalid', `${model.size} bytes, at most ${MAX_ENCODER_BYTES}`);
  const session = await open(ort, model);
  if (!session.ok) return session;
  try {
    const shape = inputOf(session.value.inputMetadata);
    if (!shape.ok) return shape;
    const output = outputOf(session.value.outputMetadata);
    if (!output.ok) return output;
    return await use({ session: session.value, shape: shape.value, output: output.value });
  } finally {
    await session.value.release();
  }
}

async function open(ort: Runtime, model: Blob): Promise<Result<Session>> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await model.arrayBuffer());
  } catch (reason) {
    return fail('encoder-invalid', `it cannot be read: ${String(reason)}`); // moved or changed since it was picked
  }
  try {
    return ok(await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] }));
  } catch (reason) {
    return fail('encoder-invalid', textOf(reason));
  }
}

async function run(ort: Runtime, { session, shape, output }: Loaded, picture: PixelTensor) {
  const [, , height, width] = picture.shape;
  if ((shape.height ?? height) !== height || (shape.width ?? width) !== width)
    return fail(
      'encoder-shape',
      `it takes ${shape.height ?? '?'} x ${shape.width ?? '?'} pixels, the picture has ${height} x ${width}`,
    );
  try {
    // A copy: the bytes may lie at any offset, f32 may not.
    const pixels = new Float32Array(picture.data.slice().buffer);
    const tensor = new ort.Tensor('float32', pixels, picture.shape);
    const made = (await session.run({ [shape.input]: tensor }, [output]))[output];
    const table = made && tableOf(made.dims);
    if (!made || !table || made.type !== 'float32')
      return fail('encoder-shape', `it gave [${made?.dims.join(', ')}], not [1, tokens, values]`);
    const values = Float32Array.from(made.data as Float32Array);
    made.dispose();
    return ok({ ...table, values });
  } catch (reason) {
    return fail('encoder-failed', textOf(reason));
  }
}

/** Its words hold bytes of the file: only what can be printed, and not all of it. */
const textOf = (reason: unknown) =>
  (reason instanceof Error ? reason.message : String(reason))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
