import { join } from 'node:path';
import { firstLine, run } from './command';
import type { Target } from './targets';

/** Compiler and tools for one target. */
export interface Toolchain {
  /** CMake arguments that choose the compiler. */
  readonly cmake: readonly string[];
  readonly strip: string;
  /** One line for the record: which compiler, which C library. */
  readonly name: string;
  /** True when the program carries glibc (LGPL) inside. */
  readonly glibc: boolean;
}

const COMMON = { cmake: 'cmake', ninja: 'ninja-build', git: 'git', tar: 'tar' };

/** Looks for everything that the build needs; installs it as root on Debian; else throws what to install. */
export async function ensureTools(targets: readonly Target[], log: string): Promise<void> {
  const missing = () => [
    ...Object.entries(COMMON).flatMap(([tool, name]) =>
      firstLine(tool, ['--version']) ? [] : [name],
    ),
    ...(ndk() ? [] : targets.flatMap((target) => (compiler(target) ? [] : packageOf(target)))),
  ];
  const wanted = missing();
  if (wanted.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...wanted];
  if (process.getuid?.() === 0 && firstLine('apt-get', ['--version'])) {
    console.log(`Installing ${wanted.join(', ')} (apt-get; log: ${log})`);
    await run('apt-get', ['update'], { log });
    await run('apt-get', install, { log });
  }
  if (missing().length > 0)
    throw new Error(
      `missing: ${missing().join(', ')}. On Debian or Ubuntu:\n  sudo apt-get ${install.join(' ')}\n` +
        'Elsewhere: cmake, ninja, git and a cross compiler for aarch64 Linux, or the Android NDK named by ANDROID_NDK.',
    );
}

/** The target's compiler: the NDK's when ANDROID_NDK names one, else Debian's. */
export function toolchain(target: Target): Toolchain {
  const root = ndk();
  if (root) return ndkToolchain(root, target);
  const { triple, processor } = target;
  const define = {
    CMAKE_SYSTEM_NAME: 'Linux',
    CMAKE_SYSTEM_PROCESSOR: processor,
    CMAKE_C_COMPILER: `${triple}-gcc`,
    CMAKE_CXX_COMPILER: `${triple}-g++`,
  };
  return {
    cmake: Object.entries(define).map(([name, value]) => `-D${name}=${value}`),
    strip: `${triple}-strip`,
    name: compiler(target) ?? `${triple}-g++`,
    glibc: true,
  };
}

/** Written from the NDK's documentation (developer.android.com/ndk/guides/cmake); not tried where this was made. */
function ndkToolchain(root: string, { abi }: Target): Toolchain {
  const define = {
    CMAKE_TOOLCHAIN_FILE: join(root, 'build/cmake/android.toolchain.cmake'),
    ANDROID_ABI: abi,
    ANDROID_PLATFORM: 'android-28',
    ANDROID_STL: 'c++_static',
  };
  const bin = join(root, 'toolchains/llvm/prebuilt/linux-x86_64/bin');
  return {
    cmake: Object.entries(define).map(([name, value]) => `-D${name}=${value}`),
    strip: join(bin, 'llvm-strip'),
    name: `Android NDK, ${firstLine(join(bin, 'clang'), ['--version']) ?? 'clang'}`,
    glibc: false,
  };
}

const NATIVE: Partial<Record<string, Target['abi']>> = { x64: 'x86_64', arm64: 'arm64-v8a' };
const packageOf = ({ abi, crossPackage }: Target) =>
  NATIVE[process.arch] === abi ? 'g++' : crossPackage;
const ndk = () => process.env['ANDROID_NDK'];
const compiler = ({ triple }: Target) => firstLine(`${triple}-g++`, ['--version']);
