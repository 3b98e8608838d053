// Packing, done once per model, and the sizes that callers need.
#include "CKernels.h"
#include <math.h>
#include <string.h>

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

static size_t int8_panel_bytes(size_t panel, size_t k) {
    return panel * ((3 + CK_EXACT_COLUMNS) * sizeof(float) + (k + 3) / 4 * 4);
}

size_t ck_packed_int8_bytes(size_t panel, size_t n, size_t k) {
    return (n + panel - 1) / panel * int8_panel_bytes(panel, k);
}

// Packs one channel: `head` and `bytes` point to its lane.
static void pack_channel(size_t panel, int limit, size_t k, const float *row, float bias, const uint32_t *columns,
                         float *head, uint8_t *bytes) {
    float largest = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        const float inverse = largest > 0 ? (float)limit / largest : 0;
        int32_t sum = 0;
        for (size_t i = 0; i < k; i++) {
            bool apart = false;
            for (size_t c = 0; columns && c < CK_EXACT_COLUMNS; c++) apart = apart || columns[c] == i;
            if (apart) continue;
            if (pass == 0) {
                largest = fmaxf(largest, fabsf(row[i]));
            } else {
                const int8_t byte = (int8_t)lrintf(row[i] * inverse);
                sum += byte;
                bytes[i / 4 * panel * 4 + i % 4] = (uint8_t)byte;
            }
        }
        head[0] = largest / (float)limit;
        head[panel] = head[0] * (float)sum;
    }
    head[2 * panel] = bias;
    for (size_t c = 0; columns && c < CK_EXACT_COLUMNS; c++) head[(3 + c) * panel] = row[columns[c]];
}

void ck_pack_int8(size_t panel, int limit, size_t n, size_t k, const float *w, const float *bias,
                  const uint32_t *columns, uint8_t *packed) {
    memset(packed, 0, ck_packed_int8_bytes(panel, n, k));
    for (size_t channel = 0; channel < n; channel++) {
        uint8_t *base = packed + channel / panel * int8_panel_bytes(panel, k);
        const size_t lane = channel % panel;
        float *head = (float *)(void *)base + lane;
        pack_channel(panel, limit, k, w + channel * k, bias[channel], columns, head,
                     base + (3 + CK_EXACT_COLUMNS) * panel * sizeof(float) + lane * 4);
    }
}
