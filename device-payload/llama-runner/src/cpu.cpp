// Compiled once per program. Ends it in plain words when the processor lacks what its level needs; otherwise the same
// choice would end in the middle of the first answer, by SIGILL. No C++ library here: its inlined code may be of that level.
#include "cpu.hpp"

#include <cstring>
#include <unistd.h>

#if defined(__aarch64__)
#    include <sys/auxv.h>
#endif

// Bits of AT_HWCAP and AT_HWCAP2, named as in /proc/cpuinfo. Source: Linux, arch/arm64/include/uapi/asm/hwcap.h.
#if defined(LEVEL_dotprod)
#    define LEVEL "dotprod"
#    define NEEDS "asimddp asimdhp"
#    define IS_THERE ((getauxval(AT_HWCAP) & (1UL << 20)) && (getauxval(AT_HWCAP) & (1UL << 10)))
#elif defined(LEVEL_i8mm)
#    define LEVEL "i8mm"
#    define NEEDS "asimddp asimdhp i8mm"
#    define IS_THERE \
        ((getauxval(AT_HWCAP) & (1UL << 20)) && (getauxval(AT_HWCAP) & (1UL << 10)) && \
         (getauxval(AT_HWCAP2) & (1UL << 13)))
#elif defined(LEVEL_avx2)
#    define LEVEL "avx2"
#    define NEEDS "avx2 bmi2 f16c fma"
#    define IS_THERE \
        (__builtin_cpu_init(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && \
         __builtin_cpu_supports("f16c") && __builtin_cpu_supports("fma"))
#else
#    define LEVEL "baseline"
#    define NEEDS ""
#    define IS_THERE true
#endif

namespace runner {

const char * cpu_level() { return LEVEL; }

/** 128 + SIGILL: what a shell reports for the wrong choice, so the page explains both alike. */
static const int WRONG_CPU = 132;

// Before every other constructor: the C library's own have run, the program's and llama.cpp's have not.
__attribute__((constructor(101))) static void check() {
    if (IS_THERE) return;
    static const char text[] =
        "llama-runner: this is the " LEVEL " build, but the processor does not have all of: " NEEDS
        ". Use the baseline build.\n";
    if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(WRONG_CPU);
    _exit(WRONG_CPU);
}

} // namespace runner
