import { Builder } from 'flatbuffers';

/**
 * Writes small ExecuTorch programs for tests, with FlatBuffers' own writer. Format: pytorch/executorch schema/program.fbs
 * and schema/extended_header.h, as `src/domain/formats/pte.ts` reads them.
 */
export interface FakeMethod {
  readonly name: string;
  readonly backends?: readonly string[];
  /** QNN's number of the chip and its Hexagon, written into every QnnBackend. */
  readonly target?: readonly [socId: number, htpArch: number];
  readonly inputs?: readonly FakeTensor[];
  readonly outputs?: readonly FakeTensor[];
  readonly constant?: number | boolean;
}
export type FakeTensor = readonly [type: number, sizes: readonly number[]];
export const [UINT8, INT32, INT64, FLOAT] = [0, 3, 4, 6];

const HEADER = 32;

/** A program with these methods. `segments`: [offset, size] behind its tables; the file is long enough for them. */
export function pte(
  methods: readonly FakeMethod[],
  segments: readonly (readonly [number, number])[] = [[0, 64]],
): Uint8Array {
  const builder = new Builder();
  const plans = offsets(
    builder,
    methods.map((method) => plan(builder, method)),
  );
  const ends = offsets(
    builder,
    segments.map(([at, size]) => table(builder, { 0: long(at), 1: long(size) })),
  );
  const root = table(builder, { 1: at(plans), 4: at(ends) });
  builder.finish(root, 'ET12');
  return withHeader(builder.asUint8Array(), segments);
}

/** Puts the extended header behind the identifier, as exir/_serialize does, and the segments behind it all. */
function withHeader(
  tables: Uint8Array,
  segments: readonly (readonly [number, number])[],
): Uint8Array {
  const program = tables.length + HEADER;
  const end = segments.reduce((most, [from, size]) => Math.max(most, from + size), 0);
  const bytes = new Uint8Array(program + end);
  bytes.set(tables.subarray(0, 8));
  bytes.set(new TextEncoder().encode('eh00'), 8);
  bytes.set(tables.subarray(8), 8 + HEADER);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, view.getUint32(0, true) + HEADER, true);
  view.setUint32(12, HEADER, true);
  view.setBigUint64(16, BigInt(program), true);
  view.setBigUint64(24, BigInt(program), true);
  return bytes;
}

type Field = (builder: Builder, id: number) => void;
const at =
  (offset: number): Field =>
  (builder, id) =>
    builder.addFieldOffset(id, offset, 0);
const long =
  (value: number): Field =>
  (builder, id) =>
    builder.addFieldInt64(id, BigInt(value), -1n); // never the default, so always written
const int =
  (value: number): Field =>
  (builder, id) =>
    builder.addFieldInt32(id, value, 0);
const byte =
  (value: number): Field =>
  (builder, id) =>
    builder.addFieldInt8(id, value, 0);

function table(builder: Builder, fields: Readonly<Record<number, Field>>): number {
  const ids = Object.keys(fields).map(Number);
  builder.startObject(Math.max(...ids) + 1);
  for (const id of ids) fields[id]?.(builder, id);
  return builder.endObject();
}

function offsets(builder: Builder, items: readonly number[]): number {
  builder.startVector(4, items.length, 4);
  for (const item of [...items].reverse()) builder.addOffset(item);
  return builder.endVector();
}

function ints(builder: Builder, items: readonly number[]): number {
  builder.startVector(4, items.length, 4);
  for (const item of [...items].reverse()) builder.addInt32(item);
  return builder.endVector();
}

function plan(builder: Builder, method: FakeMethod): number {
  const { name, backends = [], inputs = [], outputs = [], constant, target } = method;
  const values =
    constant === undefined
      ? [...inputs, ...outputs].map((shape) => tensor(builder, shape))
      : [scalar(builder, constant)];
  const results = constant === undefined ? outputs.length : 1;
  const delegates = backends.map((id) => {
    const specs = target && id === 'QnnBackend' ? [compileSpec(builder, target)] : [];
    return table(builder, { 0: at(builder.createString(id)), 2: at(offsets(builder, specs)) });
  });
  return table(builder, {
    0: at(builder.createString(name)),
    2: at(offsets(builder, values)),
    3: at(ints(builder, [...inputs.keys()])),
    4: at(
      ints(
        builder,
        Array.from({ length: results }, (_, i) => inputs.length + i),
      ),
    ),
    7: at(offsets(builder, delegates)),
  });
}

/** A FlatBuffer inside the other one. Schema: backends/qualcomm/serialization/qc_compiler_spec.fbs. */
function compileSpec(builder: Builder, [socId, htpArch]: readonly [number, number]): number {
  const options = new Builder();
  const htp = table(options, { 0: int(htpArch) });
  const soc = table(options, { 0: int(socId), 1: at(htp) });
  options.finish(table(options, { 0: at(soc) }));
  const bytes = builder.createByteVector(options.asUint8Array());
  return table(builder, { 0: at(builder.createString('qnn_compile_spec')), 1: at(bytes) });
}

function tensor(builder: Builder, [type, sizes]: FakeTensor): number {
  const shape = table(builder, { 0: byte(type), 2: at(ints(builder, sizes)) });
  return table(builder, { 0: byte(5), 1: at(shape) });
}

function scalar(builder: Builder, value: number | boolean): number {
  const [kind, field] = typeof value === 'boolean' ? [3, byte(Number(value))] : [2, long(value)];
  return table(builder, { 0: byte(kind), 1: at(table(builder, { 0: field })) });
}
