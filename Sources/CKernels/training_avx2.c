// Training with AVX2 and FMA; tiles as in float_avx2.c.
#include "sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_SET CK_SET_AVX2
#define CK_LANES 8
#define CK_ROWS 6
#define CK_VECTORS 2
#define CK_TARGET __attribute__((target("avx2,fma")))
#define CK_MAX(a, b) (ck_vector) _mm256_max_ps((__m256)(a), (__m256)(b))
#define CK_MIN(a, b) (ck_vector) _mm256_min_ps((__m256)(a), (__m256)(b))
#define CK_SQRT(a) (ck_vector) _mm256_sqrt_ps((__m256)(a))
#include "training_kernels.h"

const ck_training_kernels *const ck_training_avx2 = &ck_kernels;
#else
const ck_training_kernels *const ck_training_avx2 = NULL;
#endif
