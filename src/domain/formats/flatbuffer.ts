import type { Blocks } from './ranged';
import { Malformed } from './ranged';

const MAX_VECTOR = 1_000_000;
const MAX_TEXT = 4096;

/**
 * Walks a FlatBuffer without its schema's generated code: a table's fields are asked for by number. Every offset is checked.
 * Format: google/flatbuffers docs/source/internals.md.
 */
export class FlatTable {
  readonly #file: Blocks;
  readonly #at: number;

  constructor(file: Blocks, at: number) {
    this.#file = file;
    this.#at = at;
  }

  /** The table that the offset at `at` points to. */
  static async at(file: Blocks, at: number): Promise<FlatTable> {
    return new FlatTable(file, await follow(file, at));
  }

  /** The place of a field; undefined: it has its default. */
  async field(id: number): Promise<number | undefined> {
    const vtable = this.#at - (await this.#file.i32(this.#at));
    const size = await this.#file.u16(vtable);
    const slot = 4 + 2 * id;
    if (slot + 2 > size) return undefined;
    const offset = await this.#file.u16(vtable + slot);
    return offset === 0 ? undefined : this.#at + offset;
  }

  async table(id: number): Promise<FlatTable | undefined> {
    const at = await this.field(id);
    return at === undefined ? undefined : FlatTable.at(this.#file, at);
  }

  async u8(id: number): Promise<number> {
    const at = await this.field(id);
    return at === undefined ? 0 : this.#file.u8(at);
  }

  async i32(id: number): Promise<number> {
    const at = await this.field(id);
    return at === undefined ? 0 : this.#file.i32(at);
  }

  /** Eight raw bytes of a long or a double. */
  async eight(id: number): Promise<DataView | undefined> {
    const at = await this.field(id);
    return at === undefined ? undefined : this.#file.view(at, 8);
  }

  async u64(id: number): Promise<number> {
    return Number((await this.eight(id))?.getBigUint64(0, true) ?? 0n);
  }

  async text(id: number): Promise<string> {
    const field = await this.field(id);
    if (field === undefined) return '';
    const at = await follow(this.#file, field);
    const length = await this.#file.u32(at);
    if (length > MAX_TEXT) throw new Malformed(`a name has ${length} bytes`);
    return new TextDecoder().decode(await this.#file.bytes(at + 4, length));
  }

  /** Places of a vector's elements of `bytes` each; none when there is no vector. */
  async places(id: number, bytes = 4): Promise<readonly number[]> {
    const field = await this.field(id);
    if (field === undefined) return [];
    const at = await follow(this.#file, field);
    const count = await this.#file.u32(at);
    if (count > MAX_VECTOR || at + 4 + count * bytes > this.#file.size)
      throw new Malformed(`a list claims ${count} elements`);
    return Array.from({ length: count }, (_, i) => at + 4 + i * bytes);
  }

  async tables(id: number): Promise<readonly FlatTable[]> {
    const tables: FlatTable[] = [];
    for (const at of await this.places(id)) tables.push(await FlatTable.at(this.#file, at));
    return tables;
  }

  async ints(id: number): Promise<readonly number[]> {
    const ints: number[] = [];
    for (const at of await this.places(id)) ints.push(await this.#file.i32(at));
    return ints;
  }
}

/** Offsets are unsigned and count from their own place. */
async function follow(file: Blocks, at: number): Promise<number> {
  const to = at + (await file.u32(at));
  if (to === at || to >= file.size) throw new Malformed('an offset leads nowhere');
  return to;
}
