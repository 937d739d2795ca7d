import { fail, ok, type Result } from '../result';
import { Blocks, Malformed, type RangedBytes } from './ranged';
import { readDynamic, type Dynamic } from './elf-dynamic';

/** What the headers of a program or library say. */
export interface ElfFile extends Dynamic {
  readonly bits: 32 | 64;
  readonly machine: Machine;
  readonly kind: 'program' | 'library' | 'object' | 'other';
  /** False for a program that must lie at a fixed address: Android starts only static ones of that kind. */
  readonly positionIndependent: boolean;
  /** The loader that a program asks for: "/system/bin/linker64" on Android. */
  readonly interpreter: string | undefined;
  /** For Hexagon code: the oldest generation that runs it, "v75". */
  readonly hexagon: string | undefined;
  /** True when every loaded part is aligned to 16 KB pages, which newer phones need. */
  readonly pages16k: boolean;
}

export type Machine = 'arm64' | 'arm' | 'x86-64' | 'x86' | 'hexagon' | 'another processor';

/** e_machine. Source: TIS ELF 1.2; EM_AARCH64 and EM_HEXAGON (= EM_QDSP6): llvm/include/llvm/BinaryFormat/ELF.h. */
const MACHINES: Readonly<Record<number, Machine>> = {
  3: 'x86',
  40: 'arm',
  62: 'x86-64',
  164: 'hexagon',
  183: 'arm64',
};

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const MAX_SEGMENTS = 256;
const PAGE_16K = 16_384;

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
  readonly align: number;
}

/**
 * Reads a little-endian ELF file's headers, dynamic section included; nothing of its code. Failure
 * `payload-file-invalid` says what is wrong. Format: TIS ELF specification 1.2 and the ELF-64 object file format 1.5;
 * what Android makes of it: platform/bionic linker/linker_phdr.cpp.
 */
export async function readElf(file: RangedBytes): Promise<Result<ElfFile>> {
  try {
    return ok(await read(new Blocks(file)));
  } catch (reason) {
    if (!(reason instanceof Malformed)) throw reason;
    return fail('payload-file-invalid', `no whole ELF file: ${reason.message}`);
  }
}

async function read(file: Blocks): Promise<ElfFile> {
  const ident = await file.bytes(0, 20);
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46)
    throw new Malformed('it does not begin with "\\x7fELF"');
  const bits = ident[4] === 1 ? 32 : ident[4] === 2 ? 64 : undefined;
  if (bits === undefined) throw new Malformed(`class ${ident[4]} is neither 32 nor 64 bits`);
  if (ident[5] !== 1) throw new Malformed('it is big-endian');
  const [type, number] = [await file.u16(16), await file.u16(18)];
  const machine = MACHINES[number] ?? 'another processor';
  const flags = await file.u32(bits === 64 ? 48 : 36);
  const segments = await readSegments(file, bits);
  const loads = segments.filter((segment) => segment.type === PT_LOAD);
  const end = Math.max(
    await sectionsEnd(file, bits),
    ...loads.map(({ offset, bytes }) => offset + bytes),
  );
  if (end > file.size)
    throw new Malformed(`it is cut off: ${file.size} bytes, its parts reach to ${end}`);
  const interp = segments.find((segment) => segment.type === PT_INTERP);
  const interpreter = interp && (await file.zeroEnded(interp.offset, 255));
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  const tables = await readDynamic(file, bits, dynamic, loads);
  return {
    ...{ bits, machine, interpreter, ...tables },
    kind: kindOf(type, interpreter, tables),
    positionIndependent: type === 3,
    hexagon: machine === 'hexagon' ? hexagonOf(flags) : undefined,
    pages16k: loads.every(({ align }) => align > 0 && align % PAGE_16K === 0),
  };
}

/** ET_DYN is both: a program is told by its interpreter, or by a flag when it has none (static PIE). */
function kindOf(type: number, interpreter: string | undefined, { pie }: Dynamic): ElfFile['kind'] {
  if (type === 1) return 'object';
  if (type === 2) return 'program';
  if (type === 3) return interpreter !== undefined || pie ? 'program' : 'library';
  return 'other';
}

/** The table of sections mostly stands last: a file that ends before it is cut off. 0: it has none. */
async function sectionsEnd(file: Blocks, bits: 32 | 64): Promise<number> {
  const wide = bits === 64;
  const at = wide ? await file.u64(40) : await file.u32(32);
  const [size, count] = [await file.u16(wide ? 58 : 46), await file.u16(wide ? 60 : 48)];
  return at === 0 ? 0 : at + size * count;
}

async function readSegments(file: Blocks, bits: 32 | 64): Promise<readonly Segment[]> {
  const wide = bits === 64;
  const at = wide ? await file.u64(32) : await file.u32(28);
  const [size, count] = [await file.u16(wide ? 54 : 42), await file.u16(wide ? 56 : 44)];
  if (count > MAX_SEGMENTS) throw new Malformed(`it claims ${count} segments`);
  if (count > 0 && size < (wide ? 56 : 32))
    throw new Malformed('its segment headers are too short');
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) segments.push(await readSegment(file, at + i * size, wide));
  return segments;
}

async function readSegment(file: Blocks, at: number, wide: boolean): Promise<Segment> {
  const word = wide ? file.u64 : file.u32;
  const place = wide ? [8, 16, 32, 48] : [4, 8, 16, 28];
  const [offset = 0, address = 0, bytes = 0, align = 0] = await Promise.all(
    place.map((of) => word(at + of)),
  );
  return { type: await file.u32(at), offset, address, bytes, align };
}

/**
 * The generation in e_flags, for example 0x75 in the low bits: code runs on this one and on newer ones.
 * Source: llvm/include/llvm/BinaryFormat/ELF.h (EF_HEXAGON_MACH).
 */
function hexagonOf(flags: number): string | undefined {
  const mach = flags & 0xff;
  return mach >= 0x60 ? `v${mach.toString(16)}` : undefined;
}
