// NEON: thirty-two registers of four, so a tile of 8 rows × 12 columns (24 sums, three weights, one input).
#include "sets.h"

#if defined(__aarch64__)
#define CK_SET CK_SET_NEON
#define CK_LANES 4
#define CK_ROWS 8
#define CK_VECTORS 3
#define CK_TARGET
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
#define CK_MIN(a, b) __builtin_elementwise_min(a, b)
#include "float_kernels.h"

const ck_float_kernels *const ck_float_neon = &ck_kernels;
#else
const ck_float_kernels *const ck_float_neon = NULL;
#endif
