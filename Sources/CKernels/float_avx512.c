// AVX-512F: thirty-two registers of sixteen, so a tile of 8 rows × 48 columns (24 sums, three weights, one input).
#include "sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_SET CK_SET_AVX512
#define CK_LANES 16
#define CK_ROWS 8
#define CK_VECTORS 3
#define CK_TARGET __attribute__((target("avx512f,fma")))
#define CK_MAX(a, b) (ck_vector) _mm512_max_ps((__m512)(a), (__m512)(b))
#define CK_MIN(a, b) (ck_vector) _mm512_min_ps((__m512)(a), (__m512)(b))
#include "float_kernels.h"

const ck_float_kernels *const ck_float_avx512 = &ck_kernels;
#else
const ck_float_kernels *const ck_float_avx512 = NULL;
#endif
