/** Writes small ELF files for tests: headers and a dynamic section, no code. Format: TIS ELF 1.2, as `src/domain/formats/elf.ts` reads it. */
export interface FakeElf {
  readonly bits?: 32 | 64;
  /** e_machine: 183 arm64 (the default), 164 Hexagon, 62 x86-64, 40 arm. */
  readonly machine?: number;
  /** e_type: 2 fixed program, 3 library or program (the default). */
  readonly type?: number;
  readonly flags?: number;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly runpath?: string;
  readonly interpreter?: string;
  readonly align?: number;
  /** Text that lies in it, for example a flag's name. */
  readonly text?: string;
}

export const ANDROID_LOADER = '/system/bin/linker64';

export function elf(fake: FakeElf = {}): Uint8Array {
  const { bits = 64, machine = 183, type = 3, flags = 0, needed = [], align = 16_384 } = fake;
  const wide = bits === 64;
  const [header, segment, word] = wide ? [64, 56, 8] : [52, 32, 4];
  const strings = new Strings();
  const entries: [number, number][] = needed.map((name) => [1, strings.add(name)]);
  if (fake.soname !== undefined) entries.push([14, strings.add(fake.soname)]);
  if (fake.runpath !== undefined) entries.push([29, strings.add(fake.runpath)]);
  const interpreter = fake.interpreter === undefined ? '' : `${fake.interpreter}\0`;
  const segments = interpreter ? 3 : 2;
  const tableAt = header + segments * segment;
  const table = strings.text();
  const interpAt = tableAt + table.length;
  const dynamicAt = Math.ceil((interpAt + interpreter.length) / 16) * 16;
  entries.push([5, tableAt], [10, table.length], [0, 0]);
  const textAt = dynamicAt + entries.length * 2 * word;
  const bytes = new Uint8Array(textAt + (fake.text ?? '').length + 1);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number) =>
    wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  put(wide ? 32 : 28, header);
  view.setUint32(wide ? 48 : 36, flags, true);
  view.setUint16(wide ? 54 : 42, segment, true);
  view.setUint16(wide ? 56 : 44, segments, true);
  const parts: [type: number, at: number, length: number, align: number][] = [
    [1, 0, bytes.length, align],
    [2, dynamicAt, entries.length * 2 * word, 8],
    [3, interpAt, interpreter.length, 1],
  ];
  parts.slice(0, segments).forEach(([kind, at, length, aligned], i) => {
    const base = header + i * segment;
    view.setUint32(base, kind, true);
    const places = wide ? [8, 16, 32, 40, 48] : [4, 8, 16, 20, 28];
    [at, at, length, length, aligned].forEach((value, k) => put(base + (places[k] ?? 0), value));
  });
  text(tableAt, table);
  text(interpAt, interpreter);
  entries.forEach(([tag, value], i) => {
    put(dynamicAt + i * 2 * word, tag);
    put(dynamicAt + i * 2 * word + word, value);
  });
  text(textAt, fake.text ?? '');
  return bytes;
}

/** Names one after the other, each with its zero byte. */
class Strings {
  #all = '\0';

  add(name: string): number {
    const at = this.#all.length;
    this.#all += `${name}\0`;
    return at;
  }

  text(): string {
    return this.#all;
  }
}
