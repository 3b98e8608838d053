// AVX-512 VNNI: 64 products per instruction, summed to 32 bits without saturation.
#include "sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_SET CK_SET_AVX512_VNNI
#define CK_LANES 16
#define CK_ROWS 8
#define CK_VECTORS 3
#define CK_WEIGHT_LIMIT 127
#define CK_SIGNED 0
#define CK_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,fma")))
#define CK_MAX(a, b) (ck_vector) _mm512_max_ps((__m512)(a), (__m512)(b))
#define CK_MIN(a, b) (ck_vector) _mm512_min_ps((__m512)(a), (__m512)(b))
#define CK_DOT(sum, a, w) (ck_integers) _mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(w))
#include "int8_kernels.h"

const ck_int8_kernels *const ck_int8_avx512_vnni = &ck_kernels;
#else
const ck_int8_kernels *const ck_int8_avx512_vnni = NULL;
#endif
