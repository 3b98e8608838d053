// AVX2: pairs of products are summed to 16 bits first. Weights keep to ±64 so that 2 · 255 · 64 fits.
#include "sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_SET CK_SET_AVX2
#define CK_LANES 8
#define CK_ROWS 4
#define CK_VECTORS 2
#define CK_WEIGHT_LIMIT 64
#define CK_SIGNED 0
#define CK_TARGET __attribute__((target("avx2,fma")))
#define CK_MAX(a, b) (ck_vector) _mm256_max_ps((__m256)(a), (__m256)(b))
#define CK_MIN(a, b) (ck_vector) _mm256_min_ps((__m256)(a), (__m256)(b))
#define CK_PAIRS(a, w) _mm256_maddubs_epi16((__m256i)(a), (__m256i)(w))
#define CK_DOT(sum, a, w) ((sum) + (ck_integers)_mm256_madd_epi16(CK_PAIRS(a, w), _mm256_set1_epi16(1)))
#include "int8_kernels.h"

const ck_int8_kernels *const ck_int8_avx2 = &ck_kernels;
#else
const ck_int8_kernels *const ck_int8_avx2 = NULL;
#endif
