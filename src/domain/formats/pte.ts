import { fail, ok, type Result } from '../result';
import { FlatTable } from './flatbuffer';
import { Blocks, Malformed, latin1, type RangedBytes } from './ranged';

/** What an ExecuTorch program offers. */
export interface PteFile {
  readonly methods: readonly PteMethod[];
  /** What its QNN parts were compiled for, where they say so. Each once. */
  readonly targets: readonly QnnTarget[];
}

/** A chip by QNN's own number (`QNN_SOCS`) and its Hexagon, "v75". */
export interface QnnTarget {
  readonly socId: number;
  readonly htpArch: string | undefined;
}

export interface PteMethod {
  /** For example "forward", "kv_forward", "get_vocab_size". */
  readonly name: string;
  /** Backends that parts of it are compiled for: "QnnBackend", "XnnpackBackend". Each once. */
  readonly backends: readonly string[];
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  /** For a method that only returns a number or a yes/no: that. */
  readonly constant: number | boolean | undefined;
}

export interface TensorShape {
  readonly dtype: string;
  readonly sizes: readonly number[];
}

/** ScalarType. Source: pytorch/executorch schema/scalar_type.fbs. */
const DTYPES: Readonly<Record<number, string>> = {
  ...{ 0: 'uint8', 1: 'int8', 2: 'int16', 3: 'int32', 4: 'int64', 5: 'float16', 6: 'float32' },
  ...{ 7: 'float64', 11: 'bool', 15: 'bfloat16', 22: 'bits16', 27: 'uint16' },
};
/** Tables of the schema: field numbers of what is read here. */
const PROGRAM = { plans: 1, segments: 4 };
const PLAN = { name: 0, values: 2, inputs: 3, outputs: 4, delegates: 7 };
const VALUE = { type: 0, value: 1 };
const DELEGATE = { id: 0, specs: 2 };
const [INT, BOOL, DOUBLE, TENSOR] = [2, 3, 4, 5];
const MAX_METHODS = 200;
const MAX_VALUES = 64;

/**
 * Walks an ExecuTorch program (`.pte`) far enough to name what it is: methods, backends, shapes of inputs and outputs,
 * constants. Weights are not read, but their end is compared with the file's. Failure `payload-file-invalid` says what is wrong.
 * Format: pytorch/executorch schema/program.fbs (identifier "ET12") and schema/extended_header.h ("eh00").
 */
export async function readPte(file: RangedBytes): Promise<Result<PteFile>> {
  try {
    return ok(await read(new Blocks(file)));
  } catch (reason) {
    if (!(reason instanceof Malformed)) throw reason;
    return fail('payload-file-invalid', `no whole ExecuTorch program: ${reason.message}`);
  }
}

async function read(file: Blocks): Promise<PteFile> {
  const identifier = latin1(await file.bytes(4, 4));
  if (identifier !== 'ET12')
    throw new Malformed(`its identifier is "${identifier.replace(/[^ -~]/g, '?')}", not "ET12"`);
  const program = await FlatTable.at(file, 0);
  await checkLength(file, program);
  const plans = await program.tables(PROGRAM.plans);
  if (plans.length === 0 || plans.length > MAX_METHODS)
    throw new Malformed(`it has ${plans.length} methods`);
  const methods: PteMethod[] = [];
  const targets = new Map<string, QnnTarget>();
  for (const plan of plans) {
    const delegates = await plan.tables(PLAN.delegates);
    methods.push(await readMethod(file, plan, delegates));
    for (const delegate of delegates) {
      const target = await readTarget(file, delegate);
      if (target) targets.set(JSON.stringify(target), target);
    }
  }
  return { methods, targets: [...targets.values()] };
}

/**
 * The chip in a QNN delegate's compile spec, a FlatBuffer inside this one. Source: pytorch/executorch
 * backends/qualcomm/serialization/qc_compiler_spec.fbs (soc_info is field 0 of the options, soc_model and htp_info are 0 and
 * 1 of it, htp_arch is 0 of that) and backends/qualcomm/utils/constants.py (the key).
 */
async function readTarget(file: Blocks, delegate: FlatTable): Promise<QnnTarget | undefined> {
  if ((await delegate.text(DELEGATE.id)) !== 'QnnBackend') return undefined;
  for (const spec of await delegate.tables(DELEGATE.specs)) {
    if ((await spec.text(0)) !== 'qnn_compile_spec') continue;
    const [first] = await spec.places(1, 1);
    const options = first === undefined ? undefined : await FlatTable.at(file, first);
    const soc = await options?.table(0);
    const arch = await (await soc?.table(1))?.i32(0);
    if (soc) return { socId: await soc.i32(0), htpArch: arch ? `v${arch}` : undefined };
  }
  return undefined;
}

/** The extended header says where the segments begin; each says how far it reaches. */
async function checkLength(file: Blocks, program: FlatTable): Promise<void> {
  if (file.size < 32 || latin1(await file.bytes(8, 4)) !== 'eh00') return;
  const base = await file.u64(24);
  let end = Math.max(await file.u64(16), base);
  for (const segment of await program.tables(PROGRAM.segments))
    end = Math.max(end, base + (await segment.u64(0)) + (await segment.u64(1)));
  if (end > file.size)
    throw new Malformed(`it is cut off: ${file.size} bytes, its parts reach to ${end}`);
}

async function readMethod(
  file: Blocks,
  plan: FlatTable,
  delegates: readonly FlatTable[],
): Promise<PteMethod> {
  const name = await plan.text(PLAN.name);
  const backends = new Set<string>();
  for (const delegate of delegates) backends.add(await delegate.text(DELEGATE.id));
  const values = await plan.places(PLAN.values);
  const read = async (field: number) => {
    const found: Value[] = [];
    for (const index of (await plan.ints(field)).slice(0, MAX_VALUES)) {
      const at = values[index];
      if (at === undefined) throw new Malformed(`${name} has no value ${index}`);
      found.push(await readValue(await FlatTable.at(file, at)));
    }
    return found;
  };
  const inputs = await read(PLAN.inputs);
  const outputs = await read(PLAN.outputs);
  const [only] = outputs;
  const constant = inputs.length === 0 && delegates.length === 0 ? only : undefined;
  return {
    ...{ name, backends: [...backends], inputs: inputs.filter(isShape) },
    outputs: outputs.filter(isShape),
    constant: constant === undefined || isShape(constant) ? undefined : constant,
  };
}

type Value = TensorShape | number | boolean | undefined;
const isShape = (value: Value): value is TensorShape => typeof value === 'object';

async function readValue(value: FlatTable): Promise<Value> {
  const type = await value.u8(VALUE.type);
  const table = await value.table(VALUE.value);
  if (!table) return undefined;
  if (type === INT) return Number((await table.eight(0))?.getBigInt64(0, true) ?? 0n);
  if (type === DOUBLE) return (await table.eight(0))?.getFloat64(0, true) ?? 0;
  if (type === BOOL) return (await table.u8(0)) !== 0;
  if (type !== TENSOR) return undefined;
  const dtype = await table.u8(0);
  return { dtype: DTYPES[dtype] ?? `type ${dtype}`, sizes: await table.ints(2) };
}
