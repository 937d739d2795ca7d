/**
 * Libraries that every Android has for native programs.
 * Source: platform/system/core rootdir/etc/public.libraries.android.txt, and developer.android.com/ndk/guides/stable_apis.
 */
const NDK = [
  ...['libaaudio.so', 'libamidi.so', 'libandroid.so', 'libbinder_ndk.so', 'libc.so'],
  ...['libcamera2ndk.so', 'libdl.so', 'libEGL.so', 'libGLESv1_CM.so', 'libGLESv2.so'],
  ...['libGLESv3.so', 'libicu.so', 'libjnigraphics.so', 'liblog.so', 'libm.so'],
  ...['libmediandk.so', 'libnativehelper.so', 'libnativewindow.so', 'libneuralnetworks.so'],
  ...['libOpenMAXAL.so', 'libOpenSLES.so', 'libstdc++.so', 'libsync.so', 'libvulkan.so', 'libz.so'],
];

/** On phones with a Qualcomm chip, in /vendor/lib64: what talks to the Hexagon, and OpenCL. */
const VENDOR = ['libcdsprpc.so', 'libadsprpc.so', 'libOpenCL.so'];

const ON_THE_PHONE: ReadonlySet<string> = new Set([...NDK, ...VENDOR]);
export const isOnPhone = (library: string): boolean => ON_THE_PHONE.has(library);

/** The loader of 64-bit Android programs. Source: platform/bionic, linker. */
export const ANDROID_LOADERS: ReadonlySet<string> = new Set([
  '/system/bin/linker64',
  '/system/bin/linker_asan64',
]);

/** Names that only programs for another system ask for. */
export const isForeign = (library: string): boolean =>
  /^(ld-linux|ld-musl)|\.so\.\d|\.dll$|\.dylib$/.test(library);

const NDK_LIB = 'the NDK, toolchains/llvm/prebuilt/HOST/sysroot/usr/lib/aarch64-linux-android';
const WHERE: readonly (readonly [RegExp, string])[] = [
  [/^libc\+\+_shared\.so$/, `${NDK_LIB}/libc++_shared.so`],
  [/^libomp\.so$/, 'the NDK, toolchains/llvm/prebuilt/HOST/lib/clang/VERSION/lib/linux/aarch64'],
  [/^lib(Qnn|Genie)/, 'the QNN (QAIRT) SDK, lib/aarch64-android'],
  [/^libqnn_executorch/, 'the ExecuTorch build, build-android/lib'],
  [/^lib(llama|ggml|mtmd)/, 'the llama.cpp build: its lib/ or bin/ folder'],
];

/** Where a library that is needed comes from. */
export const libraryFrom = (name: string): string =>
  WHERE.find(([pattern]) => pattern.test(name))?.[1] ??
  'the build that made the program: add its folder with --from';
