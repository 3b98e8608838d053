// Training with NEON; tiles as in float_neon.c.
#include "sets.h"

#if defined(__aarch64__)
#define CK_SET CK_SET_NEON
#define CK_LANES 4
#define CK_ROWS 8
#define CK_VECTORS 3
#define CK_TARGET
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
#define CK_MIN(a, b) __builtin_elementwise_min(a, b)
#define CK_SQRT(a) __builtin_elementwise_sqrt(a)
#include "training_kernels.h"

const ck_training_kernels *const ck_training_neon = &ck_kernels;
#else
const ck_training_kernels *const ck_training_neon = NULL;
#endif
