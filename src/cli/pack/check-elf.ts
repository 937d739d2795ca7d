import type { ElfFile, Machine } from '../../domain/formats/elf';
import { ANDROID_LOADERS, isForeign } from './android';
import { refusal, warning, type Code, type Finding } from './findings';
import type { Inspected } from './inspect';
import type { Expect } from './recipe';

/** What kinds of items run on what. */
export const MACHINE_OF: Partial<Record<Expect, Machine>> = {
  ...{ program: 'arm64', library: 'arm64', stub: 'arm64', skel: 'hexagon' },
};

/** Everything that one program or library can be refused for by itself. */
export function checkElf(file: Inspected, elf: ElfFile): readonly Finding[] {
  const { item, source } = file;
  const no = (code: Code, problem: string) => refusal(code, source.path, problem, item.from);
  const wanted = MACHINE_OF[item.is];
  if (elf.machine !== wanted)
    return elf.machine === 'arm' && wanted === 'arm64'
      ? [no('32-bit', 'is for 32-bit ARM; the phone needs 64-bit (arm64)')]
      : [no('wrong-machine', `is for ${elf.machine}, not for ${wanted}`)];
  if (wanted === 'hexagon') return checkHexagon(file, elf, no);
  if (elf.bits !== 64) return [no('32-bit', 'is a 32-bit file; the phone needs 64 bits')];
  const findings = item.is === 'program' ? checkProgram(elf, no) : checkLibrary(file, elf, no);
  const foreign = elf.needed.filter(isForeign);
  if (foreign.length > 0 && findings.length === 0)
    return [no('not-android', `is built for Linux, not for Android: needs ${foreign.join(', ')}`)];
  if (!elf.pages16k)
    return [
      ...findings,
      warning(
        'page-size',
        source.path,
        PAGES,
        'link with -Wl,-z,max-page-size=16384 (NDK r28: the default)',
      ),
    ];
  return findings;
}

type No = (code: Code, problem: string) => Finding;
const PAGES = 'is not aligned to 16 KB pages: it does not start on phones that use them';

function checkProgram(
  { kind, interpreter, positionIndependent }: ElfFile,
  no: No,
): readonly Finding[] {
  if (kind !== 'program') return [no('not-executable', `is ${KINDS[kind]}, not a program`)];
  if (interpreter === undefined) return [];
  if (!ANDROID_LOADERS.has(interpreter))
    return [no('not-android', `asks for the loader ${interpreter}, which no Android has`)];
  if (!positionIndependent)
    return [
      no('not-executable', 'must lie at a fixed address (no PIE): Android does not start it'),
    ];
  return [];
}

const KINDS: Readonly<Record<ElfFile['kind'], string>> = {
  ...{ program: 'a program', library: 'a library', object: 'an object file (.o)' },
  other: 'a core dump or the like',
};

function checkLibrary(
  { item, source, arch, path }: Inspected,
  elf: ElfFile,
  no: No,
): readonly Finding[] {
  if (elf.kind === 'object' || elf.kind === 'other' || elf.interpreter !== undefined)
    return [no('not-a-library', `is ${KINDS[elf.kind]}, not a library`)];
  const inside = archIn(elf.soname);
  if (item.is === 'stub' && arch && inside && inside !== arch)
    return [no('wrong-arch', `is called ${elf.soname} inside: it is for ${inside}, not ${arch}`)];
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (elf.soname !== undefined && elf.soname !== name)
    return [warning('name-differs', source.path, `is called ${elf.soname} inside`, item.from)];
  return [];
}

/** Code for one Hexagon runs on newer ones, so only a newer one than asked for is wrong; the name must fit, too. */
function checkHexagon({ arch }: Inspected, elf: ElfFile, no: No): readonly Finding[] {
  const inside = archIn(elf.soname);
  if (arch && inside && inside !== arch)
    return [no('wrong-arch', `is called ${elf.soname} inside: it is for ${inside}, not ${arch}`)];
  if (arch && elf.hexagon && elf.hexagon > arch)
    return [no('wrong-arch', `holds code for Hexagon ${elf.hexagon}, which ${arch} cannot run`)];
  if (elf.kind !== 'library') return [no('not-a-library', `is ${KINDS[elf.kind]}, not a library`)];
  return [];
}

/** "libQnnHtpV75Skel.so", "libggml-htp-v75.so" -> "v75". */
const archIn = (soname: string | undefined): string | undefined =>
  /(?:Htp|htp-)[vV](\d\d)/.exec(soname ?? '')?.[1]?.replace(/^/, 'v');
