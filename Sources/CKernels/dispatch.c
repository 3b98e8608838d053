// Which kernels this CPU can run.
#include "sets.h"

bool ck_set_available(ck_set set) {
    switch (set) {
    case CK_SET_PORTABLE:
        return true;
#if defined(__x86_64__)
    case CK_SET_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_SET_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#if defined(__aarch64__)
    case CK_SET_NEON:
        return true;
#endif
    default:
        return false;
    }
}

ck_set ck_best_set(void) {
    const ck_set order[] = {CK_SET_AVX512, CK_SET_AVX2, CK_SET_NEON};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (ck_set_available(order[i])) return order[i];
    return CK_SET_PORTABLE;
}

const ck_float_kernels *ck_float_kernels_of(ck_set set) {
    if (!ck_set_available(set)) return NULL;
    switch (set) {
    case CK_SET_PORTABLE:
        return ck_float_portable;
    case CK_SET_AVX2:
        return ck_float_avx2;
    case CK_SET_AVX512:
        return ck_float_avx512;
    case CK_SET_NEON:
        return ck_float_neon;
    }
    return NULL;
}
