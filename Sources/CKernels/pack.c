// Packing, done once per model, and the sizes that callers need.
#include "CKernels.h"

size_t ck_packed_count(size_t panel, size_t n, size_t k) { return (n + panel - 1) / panel * panel * (k + 1); }

void ck_pack(size_t panel, size_t n, size_t k, const float *w, const float *bias, float *packed) {
    for (size_t column = 0; column < n; column += panel) {
        for (size_t i = 0; i < panel; i++) *packed++ = column + i < n ? bias[column + i] : 0;
        for (size_t j = 0; j < k; j++)
            for (size_t i = 0; i < panel; i++) *packed++ = column + i < n ? w[(column + i) * k + j] : 0;
    }
}

size_t ck_attention_scratch(size_t t, size_t d) {
    const size_t widest_panel = 48, most_rows = 8;
    const size_t padded = (t + widest_panel - 1) / widest_panel * widest_panel;
    return padded * (d + most_rows) + CK_PADDING;
}
