// Which training kernels this CPU can run, and the sizes that callers need.
#include "sets.h"

const ck_training_kernels *ck_training_kernels_of(ck_set set) {
    if (ck_float_kernels_of(set) == NULL) return NULL;
    switch (set) {
    case CK_SET_PORTABLE:
        return ck_training_portable;
    case CK_SET_AVX2:
        return ck_training_avx2;
    case CK_SET_AVX512:
        return ck_training_avx512;
    case CK_SET_NEON:
        return ck_training_neon;
    default:
        return NULL;
    }
}

size_t ck_product_scratch(size_t k) {
    const size_t widest_panel = 48, most_rows = 120;
    return (widest_panel + most_rows) * k + CK_PADDING;
}

size_t ck_attention_row(size_t t) { return (t + 15) / 16 * 16; }

size_t ck_self_attention_scratch(size_t t, size_t d) {
    return 2 * t * ck_attention_row(t) + ck_product_scratch(t > d ? t : d) + CK_PADDING;
}
