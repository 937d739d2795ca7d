/**
 * Writes small ExecuTorch programs for tests. Format: google/flatbuffers docs/source/internals.md and
 * pytorch/executorch schema/program.fbs, as `src/domain/formats/pte.ts` reads them.
 */
export interface FakeMethod {
  readonly name: string;
  readonly backends?: readonly string[];
  /** [scalar type, sizes] */
  readonly inputs?: readonly FakeTensor[];
  readonly outputs?: readonly FakeTensor[];
  readonly constant?: number | boolean;
}
export type FakeTensor = readonly [type: number, sizes: readonly number[]];
export const [UINT8, INT32, INT64, FLOAT] = [0, 3, 4, 6];

/** What a field of a table holds. */
type Field =
  | { readonly u8: number }
  | { readonly i64: bigint }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly table: Table }
  | { readonly tables: readonly Table[] };
type Table = Readonly<Record<number, Field>>;

/** A program with these methods. `segments`: [offset, size] behind its tables; the file is made long enough for them. */
export function pte(
  methods: readonly FakeMethod[],
  segments: readonly (readonly [number, number])[] = [[0, 64]],
): Uint8Array {
  const out = new Out(40);
  const root = out.table({
    1: { tables: methods.map(plan) },
    4: {
      tables: segments.map(([at, size]) => ({
        0: { i64: BigInt(at) },
        1: { i64: BigInt(size) },
      })),
    },
  });
  const program = out.length;
  const end = segments.reduce((most, [at, size]) => Math.max(most, at + size), 0);
  const bytes = new Uint8Array(program + end);
  bytes.set(out.bytes());
  const view = new DataView(bytes.buffer);
  view.setUint32(0, root, true);
  bytes.set(new TextEncoder().encode('ET12eh00'), 4);
  view.setUint32(12, 32, true);
  view.setBigUint64(16, BigInt(program), true);
  view.setBigUint64(24, BigInt(program), true);
  return bytes;
}

function plan({ name, backends = [], inputs = [], outputs = [], constant }: FakeMethod): Table {
  const values = constant === undefined ? [...inputs, ...outputs].map(tensor) : [scalar(constant)];
  const results = constant === undefined ? outputs.length : 1;
  return {
    0: { text: name },
    2: { tables: values },
    3: { ints: inputs.map((_, i) => i) },
    4: { ints: Array.from({ length: results }, (_, i) => inputs.length + i) },
    7: { tables: backends.map((id) => ({ 0: { text: id } })) },
  };
}

const tensor = ([type, sizes]: FakeTensor): Table => ({
  0: { u8: 5 },
  1: { table: { 0: { u8: type }, 2: { ints: sizes } } },
});

const scalar = (value: number | boolean): Table =>
  typeof value === 'boolean'
    ? { 0: { u8: 3 }, 1: { table: { 0: { u8: Number(value) } } } }
    : { 0: { u8: 2 }, 1: { table: { 0: { i64: BigInt(value) } } } };

/** Bytes that grow; what a table points to is written behind it. */
class Out {
  #view: DataView;
  length: number;

  constructor(start: number) {
    this.length = start;
    this.#view = new DataView(new ArrayBuffer(1 << 12));
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.length);
  }

  /** Writes a table (its field places first) and what hangs on it; returns where it is. */
  table(fields: Table): number {
    const ids = Object.keys(fields).map(Number);
    const slots = Math.max(-1, ...ids) + 1;
    const vtable = this.#take(4 + 2 * slots);
    const at = this.#take(8 + 8 * ids.length);
    this.#view.setInt32(at, at - vtable, true);
    this.#view.setUint16(vtable, 4 + 2 * slots, true);
    this.#view.setUint16(vtable + 2, 8 + 8 * ids.length, true);
    ids.forEach((id, i) => this.#view.setUint16(vtable + 4 + 2 * id, 8 + 8 * i, true));
    ids.forEach((id, i) => this.#field(at + 8 + 8 * i, fields[id]!));
    return at;
  }

  #field(place: number, field: Field): void {
    if ('u8' in field) this.#view.setUint8(place, field.u8);
    else if ('i64' in field) this.#view.setBigInt64(place, field.i64, true);
    else this.#view.setUint32(place, this.#target(field) - place, true);
  }

  #target(field: Exclude<Field, { readonly u8: number } | { readonly i64: bigint }>): number {
    if ('table' in field) return this.table(field.table);
    if ('text' in field) return this.#text(field.text);
    const items = 'ints' in field ? field.ints : field.tables;
    const at = this.#take(4 + 4 * items.length);
    this.#view.setUint32(at, items.length, true);
    items.forEach((item, i) => {
      const place = at + 4 + 4 * i;
      const value = typeof item === 'number' ? item : this.table(item) - place;
      this.#view.setInt32(place, value, true);
    });
    return at;
  }

  #text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    const at = this.#take(4 + bytes.length + 1);
    this.#view.setUint32(at, bytes.length, true);
    new Uint8Array(this.#view.buffer).set(bytes, at + 4);
    return at;
  }

  #take(bytes: number): number {
    const at = Math.ceil(this.length / 8) * 8;
    this.length = at + bytes;
    while (this.length > this.#view.byteLength) {
      const grown = new Uint8Array(this.#view.byteLength * 2);
      grown.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
