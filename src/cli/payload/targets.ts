/** Instructions beyond the baseline of an ABI. */
export interface Level {
  readonly name: string;
  /** Compiler flags of the CPU backend; the rest of the program stays at the baseline. */
  readonly flags: string;
  /** Words of /proc/cpuinfo that the phone must have: `cpu` in the manifest. */
  readonly cpu: readonly string[];
}

export interface Target {
  readonly abi: 'arm64-v8a' | 'x86_64';
  readonly processor: string;
  /** Prefix of Debian's compilers, and the package that brings them on a computer of another kind. */
  readonly triple: string;
  readonly crossPackage: string;
  /** The baseline's CMake variables. */
  readonly baseline: Readonly<Record<string, string>>;
  readonly levels: readonly Level[];
}

const DOTPROD = { flags: '-march=armv8.2-a+dotprod+fp16', cpu: ['asimddp', 'asimdhp'] };

/** What `npm run payload:build` makes. */
export const TARGETS: readonly Target[] = [
  {
    abi: 'arm64-v8a',
    processor: 'aarch64',
    triple: 'aarch64-linux-gnu',
    crossPackage: 'g++-aarch64-linux-gnu',
    baseline: { GGML_CPU_ARM_ARCH: 'armv8-a' },
    levels: [
      { name: 'dotprod', ...DOTPROD },
      { name: 'i8mm', flags: `${DOTPROD.flags}+i8mm`, cpu: [...DOTPROD.cpu, 'i8mm'] },
    ],
  },
  {
    abi: 'x86_64',
    processor: 'x86_64',
    triple: 'x86_64-linux-gnu',
    crossPackage: 'g++-x86-64-linux-gnu',
    // SSE 4.2 is Android's own minimum: developer.android.com/ndk/guides/abis
    baseline: {
      GGML_SSE42: 'ON',
      GGML_AVX: 'OFF',
      GGML_AVX2: 'OFF',
      GGML_BMI2: 'OFF',
      GGML_FMA: 'OFF',
      GGML_F16C: 'OFF',
    },
    levels: [
      {
        name: 'avx2',
        flags: '-msse4.2 -mavx -mf16c -mfma -mbmi2 -mavx2',
        cpu: ['avx2', 'bmi2', 'f16c', 'fma'],
      },
    ],
  },
];

/** Name of a level's program, in CMake and in the build folder. */
export const programOf = (level?: Level): string =>
  level ? `llama-runner-${level.name}` : 'llama-runner';
