// AVX-VNNI: the same products on 256-bit vectors, for CPUs without AVX-512.
#include "sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_SET CK_SET_AVX_VNNI
#define CK_LANES 8
#define CK_ROWS 6
#define CK_VECTORS 2
#define CK_WEIGHT_LIMIT 127
#define CK_SIGNED 0
#define CK_TARGET __attribute__((target("avx2,fma,avxvnni")))
#define CK_MAX(a, b) (ck_vector) _mm256_max_ps((__m256)(a), (__m256)(b))
#define CK_MIN(a, b) (ck_vector) _mm256_min_ps((__m256)(a), (__m256)(b))
#define CK_DOT(sum, a, w) (ck_integers) _mm256_dpbusd_avx_epi32((__m256i)(sum), (__m256i)(a), (__m256i)(w))
#include "int8_kernels.h"

const ck_int8_kernels *const ck_int8_avx_vnni = &ck_kernels;
#else
const ck_int8_kernels *const ck_int8_avx_vnni = NULL;
#endif
