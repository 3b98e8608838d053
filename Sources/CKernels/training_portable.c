// Training in plain C.
#include "sets.h"

#define CK_SET CK_SET_PORTABLE
#define CK_LANES 4
#define CK_ROWS 6
#define CK_VECTORS 2
#define CK_TARGET
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
#define CK_MIN(a, b) __builtin_elementwise_min(a, b)
#define CK_SQRT(a) __builtin_elementwise_sqrt(a)
#include "training_kernels.h"

const ck_training_kernels *const ck_training_portable = &ck_kernels;
