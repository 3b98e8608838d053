// NEON with the dot product extension, whose operands are both signed.
#include "sets.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#define CK_SET CK_SET_NEON_DOT
#define CK_LANES 4
#define CK_ROWS 8
#define CK_VECTORS 3
#define CK_WEIGHT_LIMIT 127
#define CK_SIGNED 1
#define CK_TARGET __attribute__((target("dotprod")))
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
#define CK_MIN(a, b) __builtin_elementwise_min(a, b)
#define CK_DOT(sum, a, w) (ck_integers) vdotq_s32((int32x4_t)(sum), (int8x16_t)(a), (int8x16_t)(w))
#include "int8_kernels.h"

const ck_int8_kernels *const ck_int8_neon_dot = &ck_kernels;
#else
const ck_int8_kernels *const ck_int8_neon_dot = NULL;
#endif
