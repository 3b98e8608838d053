// Plain C: the four products of a lane one after the other, on integers that any CPU has.
#include "sets.h"

#define CK_SET CK_SET_PORTABLE
#define CK_LANES 4
#define CK_ROWS 4
#define CK_VECTORS 1
#define CK_WEIGHT_LIMIT 127
#define CK_SIGNED 0
#define CK_TARGET
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
#define CK_MIN(a, b) __builtin_elementwise_min(a, b)
// Byte i of a lane by shifting: upwards to its end, then down with its sign (weights) or masked (activations).
#define CK_PRODUCT(a, w, i) ((((a) >> (8 * (i))) & 255) * (((w) << (24 - 8 * (i))) >> 24))
#define CK_DOT(sum, a, w)                                                                                              \
    ((sum) + CK_PRODUCT(a, w, 0) + CK_PRODUCT(a, w, 1) + CK_PRODUCT(a, w, 2) + CK_PRODUCT(a, w, 3))
#include "int8_kernels.h"

const ck_int8_kernels *const ck_int8_portable = &ck_kernels;
