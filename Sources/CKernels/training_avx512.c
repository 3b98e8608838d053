// Training with AVX-512F; tiles as in float_avx512.c.
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
#define CK_SQRT(a) (ck_vector) _mm512_sqrt_ps((__m512)(a))
#include "training_kernels.h"

const ck_training_kernels *const ck_training_avx512 = &ck_kernels;
#else
const ck_training_kernels *const ck_training_avx512 = NULL;
#endif
