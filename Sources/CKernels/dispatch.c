#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE // for sched_getcpu
#endif
// Which kernels this CPU can run.
#if defined(__linux__)
#include <sched.h>
#endif
#include "sets.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
// Bit 20 of the hardware capabilities is the dot product extension (Linux, arch/arm64/include/uapi/asm/hwcap.h).
static bool has_dot_product(void) { return (getauxval(AT_HWCAP) >> 20 & 1) != 0; }
#elif defined(__aarch64__) && defined(__APPLE__)
static bool has_dot_product(void) { return true; }
#elif defined(__aarch64__)
static bool has_dot_product(void) { return false; }
#endif

static bool is_available(ck_set set) {
    switch (set) {
    case CK_SET_PORTABLE:
        return true;
#if defined(__x86_64__)
    case CK_SET_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_SET_AVX_VNNI:
        return is_available(CK_SET_AVX2) && __builtin_cpu_supports("avxvnni");
    case CK_SET_AVX512:
        return is_available(CK_SET_AVX2) && __builtin_cpu_supports("avx512f");
    case CK_SET_AVX512_VNNI:
        return is_available(CK_SET_AVX512) && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#endif
#if defined(__aarch64__)
    case CK_SET_NEON:
        return true;
    case CK_SET_NEON_DOT:
        return has_dot_product();
#endif
    default:
        return false;
    }
}

const ck_float_kernels *ck_float_kernels_of(ck_set set) {
    if (!is_available(set)) return NULL;
    switch (set) {
    case CK_SET_PORTABLE:
        return ck_float_portable;
    case CK_SET_AVX2:
        return ck_float_avx2;
    case CK_SET_AVX512:
        return ck_float_avx512;
    case CK_SET_NEON:
        return ck_float_neon;
    default:
        return NULL;
    }
}

const ck_int8_kernels *ck_int8_kernels_of(ck_set set) {
    if (!is_available(set)) return NULL;
    switch (set) {
    case CK_SET_PORTABLE:
        return ck_int8_portable;
    case CK_SET_AVX2:
        return ck_int8_avx2;
    case CK_SET_AVX_VNNI:
        return ck_int8_avx_vnni;
    case CK_SET_AVX512_VNNI:
        return ck_int8_avx512_vnni;
    case CK_SET_NEON_DOT:
        return ck_int8_neon_dot;
    default:
        return NULL;
    }
}

bool ck_leave_core(int core) {
#if defined(__linux__)
    cpu_set_t allowed, others;
    if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
    others = allowed;
    CPU_CLR(core, &others);
    if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return false;
    sched_setaffinity(0, sizeof allowed, &allowed);
    return true;
#else
    (void)core;
    return false;
#endif
}

int ck_current_core(void) {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}
