import type { BundleFacts, BundleFile } from '../../domain/bundle';
import type { EmbeddingShape, FloatType, VisionOutput } from '../../domain/embeddings';
import type { InstalledBundle, OptionValues, RunSetup } from '../../domain/pipeline';
import { fail, ok, type Result } from '../../domain/result';
import { fileOf, filesOf } from '../setup';

/** What the three runs and Genie's settings need to know of a model. Paths are those on the phone. */
export interface FastVlm {
  /** The text graph takes and gives `context` rows. */
  readonly shape: EmbeddingShape;
  readonly ids: { readonly begin: number; readonly end: number; readonly pad: number };
  /** What the vision graph takes, where the manifest says it. */
  readonly imageType: string | undefined;
  /** Of a vision encoder with 8-bit output. Absent: it gives floats. */
  readonly quantised: VisionOutput['quantised'];
  readonly encoder: string;
  /** The graph that makes rows of text. Absent: they are taken from the table, which holds the same numbers. */
  readonly embedder: string | undefined;
  readonly tokenizer: string;
  readonly lut: { readonly path: string; readonly type: FloatType };
  readonly decoder: { readonly path: string; readonly on: 'npu' | 'cpu' };
  /** Settings of the HTP backend, where the bundle has some. */
  readonly extensions: string | undefined;
  readonly facts: BundleFacts;
}

/** The public build's values, where the manifest has none. Source: AryamaVMurthy/VLM_on_edge, fastvlm_genie_npu.json. */
const DOCUMENTED = {
  ...{ width: 896, imageTokens: 256, vocabulary: 151_936 },
  ...{ beginToken: 151_644, endToken: 151_645, padToken: 151_643 },
  ...{ layers: 24, heads: 14, kvHeads: 2, kvDim: 64, ropeDim: 64, ropeTheta: 1_000_000 },
  ...{ spillFill: 320_000_000, npuThreads: 3, cpuThreads: 6 },
} as const;

/** A number that the manifest states, else the documented one. */
export const numberOf = (facts: BundleFacts, name: keyof typeof DOCUMENTED): number => {
  const value = facts[name];
  return typeof value === 'number' ? value : DOCUMENTED[name];
};

export const CONTEXT = 512;

/** Reads a model bundle. Failures: manifest-invalid, embeddings-invalid (sizes or scales that fit nothing). */
export function readModel({ runner, model }: RunSetup, options: OptionValues): Result<FastVlm> {
  const paths = filesOf(model, ['encoder', 'tokenizer', 'lut']);
  if (!paths.ok) return paths;
  const facts = model.manifest.facts ?? {};
  const shape = shapeOf(model);
  const type = tableType(model, shape);
  if (!type.ok) return type;
  const quantised = quantisedOf(facts);
  if (!quantised.ok) return quantised;
  const decoder = decoderOf(model, options['npu-decoder'] !== 0);
  if (!decoder.ok) return decoder;
  const embedder = fileOf(model, 'embedding');
  const extensions = fileOf(runner, 'config');
  return ok({
    shape,
    ids: {
      begin: numberOf(facts, 'beginToken'),
      end: numberOf(facts, 'endToken'),
      pad: numberOf(facts, 'padToken'),
    },
    imageType: typeof facts['imageDtype'] === 'string' ? facts['imageDtype'] : undefined,
    quantised: quantised.value,
    encoder: paths.value.encoder,
    embedder: embedder.ok ? embedder.value : undefined,
    tokenizer: paths.value.tokenizer,
    lut: { path: paths.value.lut, type: type.value },
    decoder: decoder.value,
    extensions: extensions.ok ? extensions.value : undefined,
    facts,
  });
}

export function shapeOf({ manifest }: Pick<InstalledBundle, 'manifest'>): EmbeddingShape {
  const facts = manifest.facts ?? {};
  return {
    width: numberOf(facts, 'width'),
    imageRows: numberOf(facts, 'imageTokens'),
    vocabulary: numberOf(facts, 'vocabulary'),
    context: manifest.model?.context ?? CONTEXT,
  };
}

/** Nothing in the table says its type but its length. */
function tableType(model: InstalledBundle, shape: EmbeddingShape): Result<FloatType> {
  const bytes = model.files.find(({ role }) => role === 'lut')?.bytes;
  const values = shape.vocabulary * shape.width;
  if (bytes === values * 4) return ok('float32');
  if (bytes === values * 2) return ok('float16');
  const wanted = `${shape.vocabulary} x ${shape.width} make ${values * 4} (f32) or ${values * 2} (f16)`;
  return fail('embeddings-invalid', `embedding table: ${bytes} bytes; ${wanted}`);
}

/**
 * The decoder for the NPU or the one for the CPU, which the manifest marks with the fact `backend: "cpu"`. A bundle with
 * one of them gives that one.
 */
function decoderOf(
  { manifest, dir, files }: InstalledBundle,
  npu: boolean,
): Result<FastVlm['decoder']> {
  const decoders = files.filter(({ role }) => role === 'decoder');
  const onCpu = ({ facts }: BundleFile) => facts?.['backend'] === 'cpu';
  const file = decoders.find((one) => onCpu(one) !== npu) ?? decoders[0];
  if (!file) return fail('manifest-invalid', `${manifest.id} has no file with the role "decoder"`);
  return ok({ path: `${dir}/${file.path}`, on: onCpu(file) ? 'cpu' : 'npu' });
}

/** value = (q + offset) * scale. The context binary's own numbers, read on a computer when the model was packed. */
function quantisedOf({
  rowsDtype,
  rowsScale,
  rowsOffset,
}: BundleFacts): Result<VisionOutput['quantised']> {
  if (rowsDtype !== 'uint8') return ok(undefined);
  if (typeof rowsScale !== 'number' || typeof rowsOffset !== 'number')
    return fail(
      'embeddings-invalid',
      'the vision graph gives bytes, and the manifest no rowsScale and rowsOffset',
    );
  return ok({ scale: rowsScale, offset: rowsOffset });
}
