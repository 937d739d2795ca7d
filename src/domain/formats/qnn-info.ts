import * as v from 'valibot';
import { fail, ok, type Result } from '../result';

/** A tensor of a compiled QNN graph. */
export interface QnnTensor {
  readonly name: string;
  /** "float32", "uint8" ...: QNN's name, made short. */
  readonly dtype: string;
  readonly sizes: readonly number[];
  /** For numbers of 8 or 16 bits: value = (q + offset) * scale. */
  readonly scale: number | undefined;
  readonly offset: number | undefined;
}

export interface QnnInfo {
  readonly inputs: readonly QnnTensor[];
  readonly outputs: readonly QnnTensor[];
}

const Tensor = v.object({
  info: v.looseObject({
    name: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
    dataType: v.optional(v.string(), ''),
    dimensions: v.optional(v.pipe(v.array(v.number()), v.maxLength(8)), []),
    quantizeParams: v.optional(
      v.looseObject({
        scaleOffset: v.optional(v.looseObject({ scale: v.number(), offset: v.number() })),
      }),
      {},
    ),
  }),
});
const tensors = v.pipe(v.array(Tensor), v.maxLength(200));
const Graphs = v.pipe(
  v.array(v.object({ info: v.looseObject({ graphInputs: tensors, graphOutputs: tensors }) })),
  v.minLength(1),
);
/** The utility's newer versions put everything below "info". */
const Schema = v.union([
  v.object({ graphs: Graphs }),
  v.pipe(
    v.object({ info: v.object({ graphs: Graphs }) }),
    v.transform(({ info }) => info),
  ),
]);

/**
 * Reads what `qnn-context-binary-utility --json_file` says of a context binary: the binary itself is opaque.
 * Failure: payload-file-invalid. Format: as AryamaVMurthy/VLM_on_edge reads it (graphs[0].info.graphOutputs[0].info…).
 */
export function readQnnInfo(text: string): Result<QnnInfo> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('payload-file-invalid', 'not JSON');
  }
  const parsed = v.safeParse(Schema, json);
  const graph = parsed.success ? parsed.output.graphs[0] : undefined;
  if (!graph)
    return fail('payload-file-invalid', 'no graphs[0].info with graphInputs and graphOutputs');
  return ok({
    inputs: graph.info.graphInputs.map(toTensor),
    outputs: graph.info.graphOutputs.map(toTensor),
  });
}

function toTensor({ info }: v.InferOutput<typeof Tensor>): QnnTensor {
  const quant = info.quantizeParams.scaleOffset;
  const known = DTYPES[info.dataType.replace('QNN_DATATYPE_', '')];
  const quantised = known?.startsWith('uint') === true || known?.startsWith('int') === true;
  return {
    name: info.name,
    dtype: known ?? info.dataType.slice(0, 40),
    sizes: info.dimensions,
    scale: quantised ? quant?.scale : undefined,
    offset: quantised ? quant?.offset : undefined,
  };
}

/** Source: onnxruntime core/providers/qnn, QnnTypes names. */
const DTYPES: Readonly<Record<string, string>> = {
  ...{ FLOAT_32: 'float32', FLOAT_16: 'float16', INT_32: 'int32', UINT_8: 'uint8' },
  ...{ UFIXED_POINT_8: 'uint8', UFIXED_POINT_16: 'uint16' },
  ...{ SFIXED_POINT_8: 'int8', SFIXED_POINT_16: 'int16' },
};
