/** Writes tiny ONNX files for tests. Format: onnx/onnx onnx/onnx.proto3 (protobuf wire format). */
const text = (value: string) => new TextEncoder().encode(value);

function varint(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [value] : [low | 128, ...varint((value - low) / 128)];
}
const number = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: ArrayLike<number>) => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...Array.from(value),
];

/** TensorProto.DataType of what tests use. */
export const TYPES = { float32: 1, uint8: 2, int64: 7 } as const;

export interface Value {
  readonly name: string;
  readonly type?: keyof typeof TYPES;
  /** A text is a dimension that the file leaves open. */
  readonly shape: readonly (number | string)[];
}

function valueInfo({ name, type = 'float32', shape }: Value): number[] {
  const dims = shape.flatMap((dim) =>
    bytes(1, typeof dim === 'number' ? number(1, dim) : bytes(2, text(dim))),
  );
  const tensor = [...number(1, TYPES[type]), ...bytes(2, dims)];
  return [...bytes(1, text(name)), ...bytes(2, bytes(1, tensor))];
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** One node a row: operator, names of inputs, names of outputs. */
  readonly nodes: readonly (readonly [string, readonly string[], readonly string[]])[];
}

/** An ONNX model, opset 14. */
export function onnx({ inputs, outputs, nodes }: Graph): Uint8Array<ArrayBuffer> {
  const graph = [
    ...nodes.flatMap(([operator, from, to]) =>
      bytes(1, [
        ...from.flatMap((name) => bytes(1, text(name))),
        ...to.flatMap((name) => bytes(2, text(name))),
        ...bytes(4, text(operator)),
      ]),
    ),
    ...bytes(2, text('test')),
    ...inputs.flatMap((value) => bytes(11, valueInfo(value))),
    ...outputs.flatMap((value) => bytes(12, valueInfo(value))),
  ];
  const opset = [...bytes(1, []), ...number(2, 14)];
  return new Uint8Array([...number(1, 8), ...bytes(7, graph), ...bytes(8, opset)]);
}

/** A model that gives its input back. */
export const echo = (input: Value, output: Omit<Value, 'name'> = input) =>
  onnx({
    inputs: [input],
    outputs: [{ ...output, name: 'out' }],
    nodes: [['Identity', [input.name], ['out']]],
  });
