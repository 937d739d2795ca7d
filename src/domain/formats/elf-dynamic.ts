import { Malformed, type Blocks } from './ranged';
import type { Segment } from './elf';

/** What the loader is told. */
export interface Dynamic {
  /** Libraries that must be found before it starts. */
  readonly needed: readonly string[];
  /** The name that others know this library by. */
  readonly soname: string | undefined;
  /** Where it looks for libraries first, for example "$ORIGIN". */
  readonly runpath: string | undefined;
  /** The linker's mark for a program that may lie anywhere. */
  readonly pie: boolean;
}

const NONE: Dynamic = { needed: [], soname: undefined, runpath: undefined, pie: false };
const [DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH] = [1, 5, 10, 14, 15, 29];
const DT_FLAGS_1 = 0x6ffffffb;
const DF_1_PIE = 0x08000000;
const MAX_ENTRIES = 4096;
const MAX_NAME = 255;

/** Reads the dynamic section. Source: TIS ELF 1.2, book III; DF_1_PIE: binutils include/elf/common.h. */
export async function readDynamic(
  file: Blocks,
  bits: 32 | 64,
  segment: Segment | undefined,
  loads: readonly Segment[],
): Promise<Dynamic> {
  if (!segment || segment.bytes === 0) return NONE;
  const entries = await readEntries(file, bits, segment);
  const first = (tag: number) => entries.find((entry) => entry.tag === tag)?.value;
  const strings = first(DT_STRTAB);
  if (strings === undefined) return NONE;
  const at = offsetOf(strings, loads);
  const length = first(DT_STRSZ) ?? 0;
  const name = (offset: number) => {
    if (offset >= length) throw new Malformed('a name lies outside the table of names');
    return file.zeroEnded(at + offset, MAX_NAME);
  };
  const named = async (tag: number) => {
    const offset = first(tag);
    return offset === undefined ? undefined : await name(offset);
  };
  return {
    needed: await Promise.all(
      entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => name(value)),
    ),
    soname: await named(DT_SONAME),
    runpath: (await named(DT_RUNPATH)) ?? (await named(DT_RPATH)),
    pie: ((first(DT_FLAGS_1) ?? 0) & DF_1_PIE) !== 0,
  };
}

interface Entry {
  readonly tag: number;
  readonly value: number;
}

async function readEntries(
  file: Blocks,
  bits: 32 | 64,
  segment: Segment,
): Promise<readonly Entry[]> {
  const word = bits === 64 ? file.u64 : file.u32;
  const step = bits / 8;
  const count = Math.floor(segment.bytes / (2 * step));
  if (count > MAX_ENTRIES) throw new Malformed(`it claims ${count} dynamic entries`);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const at = segment.offset + i * 2 * step;
    const tag = await word(at);
    if (tag === 0) break;
    entries.push({ tag, value: await word(at + step) });
  }
  return entries;
}

/** The place in the file of what will lie at this address. */
function offsetOf(address: number, loads: readonly Segment[]): number {
  const load = loads.find((l) => address >= l.address && address < l.address + l.bytes);
  if (!load) throw new Malformed('its table of names is not in the file');
  return load.offset + (address - load.address);
}
