import { htpArchOf } from './soc';

/** What a phone is and how it is just now. Undefined where the phone does not say. Never contains the serial number or build fingerprint. */
export interface DeviceFacts {
  readonly model: string;
  readonly manufacturer: string | undefined;
  readonly android: string | undefined;
  readonly sdk: number | undefined;
  /** Best first, for example arm64-v8a. */
  readonly abis: readonly string[];
  /** Instructions that every core has, as /proc/cpuinfo calls them; only those of `CPU_FEATURES`. */
  readonly cpuFeatures: readonly string[];
  /** Short name such as "SM8650". */
  readonly soc: string | undefined;
  readonly socMaker: string | undefined;
  /** Hexagon architecture of the HTP, for example "v75", where the SoC is known to have one. */
  readonly htp: string | undefined;
  readonly cores: number | undefined;
  /** Cores that reach at least 3/4 of the highest maximum frequency. */
  readonly bigCores: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryFreeBytes: number | undefined;
  readonly storageFreeBytes: number | undefined;
  /** Android's thermal status, 0 (none) to 6 (shutdown). */
  readonly thermalStatus: number | undefined;
  readonly batteryPercent: number | undefined;
  readonly batteryCelsius: number | undefined;
}

/** Instructions that builds of a program may ask for. Source: Linux, Documentation/arch/arm64/elf_hwcaps.rst, and x86's cpufeatures.h. */
const CPU_FEATURES = [
  ...['asimdhp', 'asimddp', 'i8mm', 'bf16', 'sve', 'sve2', 'sme'],
  ...['sse4_2', 'avx', 'f16c', 'fma', 'bmi2', 'avx2', 'avx512f'],
];

/** The one shell script that reads all facts. Every part may be missing; nothing in it writes. */
export const FACTS_SCRIPT = [
  'echo "@props"; getprop',
  'echo "@cpu"; cat /proc/cpuinfo',
  'echo "@meminfo"; cat /proc/meminfo',
  'echo "@freq"; cat /sys/devices/system/cpu/cpu[0-9]*/cpufreq/cpuinfo_max_freq',
  'echo "@df"; df -k /data/local/tmp',
  'echo "@thermal"; dumpsys thermalservice',
  'echo "@battery"; dumpsys battery',
  'echo "@end"',
].join(' 2>/dev/null; ');

const MAX_CORES = 256;

/**
 * Reads the output of `FACTS_SCRIPT`. Never throws: what cannot be read is undefined. The patterns stay
 * within a line, so that 4 MiB of nonsense takes no longer than 4 MiB of facts.
 */
export function parseFacts(output: string, fallbackName: string): DeviceFacts {
  const part = sections(output);
  const props = new Map(
    [...(part.get('props') ?? '').matchAll(/^\[([^\]\r\n]+)\]: \[(.*)\]$/gm)].map(
      (m) => [m[1], m[2]] as const,
    ),
  );
  const prop = (...names: string[]) =>
    names
      .map((name) => props.get(name)?.trim().slice(0, 80))
      .find((value) => value && value !== 'unknown');
  const soc = prop('ro.soc.model', 'ro.board.platform', 'ro.hardware.chipname');
  const freqs = (part.get('freq') ?? '')
    .split(/\s+/)
    .slice(0, MAX_CORES)
    .map((f) => number(f) ?? 0)
    .filter((f) => f > 0);
  const top = Math.max(0, ...freqs);
  return {
    model: prop('ro.product.marketname', 'ro.product.model') ?? fallbackName,
    manufacturer: prop('ro.product.manufacturer'),
    android: prop('ro.build.version.release'),
    sdk: number(prop('ro.build.version.sdk')),
    abis: (prop('ro.product.cpu.abilist') ?? prop('ro.product.cpu.abi') ?? '')
      .split(',')
      .filter(Boolean),
    cpuFeatures: cpuFeatures(part.get('cpu') ?? ''),
    soc,
    socMaker: prop('ro.soc.manufacturer'),
    htp: htpArchOf(soc),
    cores: freqs.length || undefined,
    bigCores: freqs.filter((f) => f >= top * 0.75).length || undefined,
    memoryBytes: kib(part.get('meminfo'), /^MemTotal: *(\d+) kB/m),
    memoryFreeBytes: kib(part.get('meminfo'), /^MemAvailable: *(\d+) kB/m),
    // The fourth column of df -k is "available" on toybox, mksh-era toolbox excluded (Android < 6).
    storageFreeBytes: kib(part.get('df'), /^\S+\s+\d+\s+\d+\s+(\d+)\s/m),
    thermalStatus: number(/^ *Thermal Status: *(\d)\b/m.exec(part.get('thermal') ?? '')?.[1]),
    batteryPercent: number(/^ *level: *(\d+)/m.exec(part.get('battery') ?? '')?.[1]),
    batteryCelsius: tenth(/^ *temperature: *(-?\d+)/m.exec(part.get('battery') ?? '')?.[1]),
  };
}

/** Cores of one phone can differ, and a program may run on any of them. */
function cpuFeatures(cpuinfo: string): readonly string[] {
  const cores = [...cpuinfo.matchAll(/^(?:Features|flags)[ \t]*:(.*)$/gm)].map((m) =>
    (m[1] ?? '').split(/\s+/),
  );
  return cores.length
    ? CPU_FEATURES.filter((word) => cores.every((words) => words.includes(word)))
    : [];
}

function sections(output: string): Map<string, string> {
  const parts = output.split(/^@([a-z]+)\r?$/m);
  const found = new Map<string, string>();
  for (let i = 1; i < parts.length; i += 2) found.set(parts[i] ?? '', parts[i + 1] ?? '');
  return found;
}

const number = (text: string | undefined) =>
  text !== undefined && /^-?\d{1,12}$/.test(text) ? Number(text) : undefined;
const tenth = (text: string | undefined) => {
  const value = number(text);
  return value === undefined ? undefined : value / 10;
};
function kib(text: string | undefined, pattern: RegExp): number | undefined {
  const value = number(pattern.exec(text ?? '')?.[1]);
  return value === undefined ? undefined : value * 1024;
}
