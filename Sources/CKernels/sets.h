// The kernel sets that this build holds. Each is NULL on an architecture that cannot have it.
#ifndef CK_SETS_H
#define CK_SETS_H

#include "CKernels.h"

extern const ck_float_kernels *const ck_float_portable;
extern const ck_float_kernels *const ck_float_avx2;
extern const ck_float_kernels *const ck_float_avx512;
extern const ck_float_kernels *const ck_float_neon;
extern const ck_int8_kernels *const ck_int8_portable;
extern const ck_int8_kernels *const ck_int8_avx2;
extern const ck_int8_kernels *const ck_int8_avx_vnni;
extern const ck_int8_kernels *const ck_int8_avx512_vnni;
extern const ck_int8_kernels *const ck_int8_neon_dot;
extern const ck_training_kernels *const ck_training_portable;
extern const ck_training_kernels *const ck_training_avx2;
extern const ck_training_kernels *const ck_training_avx512;
extern const ck_training_kernels *const ck_training_neon;

#endif
