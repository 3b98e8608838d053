// Packed token vectors: see CKTokens.h.
#include "CKTokens.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Number i of a group stands in the low half of byte i, number i + 32 in the high half of the same byte; a half holds
// the quantised number plus 8.
static void pack_with(size_t dimension, const float *x, float step, uint8_t *packed, float *inner, float *square) {
    const size_t half = CK_TOKEN_GROUP / 2;
    float dot = 0, norm = 0;
    for (size_t base = 0; base < dimension; base += CK_TOKEN_GROUP) {
        uint8_t *bytes = packed + base / 2;
        for (size_t i = 0; i < CK_TOKEN_GROUP; i++) {
            int level = 0;
            if (base + i < dimension) {
                level = (int)lrintf(x[base + i] / step);
                level = level < -8 ? -8 : level > 7 ? 7 : level;
                dot += x[base + i] * (float)level;
                norm += (float)(level * level);
            }
            if (i < half) {
                bytes[i] = (uint8_t)(level + 8);
            } else {
                bytes[i - half] |= (uint8_t)((level + 8) << 4);
            }
        }
    }
    *inner = dot;
    *square = norm;
}

void ck_token_pack(size_t dimension, const float *x, uint8_t *packed) {
    // In deviations of a number of a unit vector; 0.335 is best for a normal distribution.
    static const float steps[] = {0.27f, 0.335f, 0.42f, 0.53f};
    const float deviation = 1 / sqrtf((float)(dimension > 0 ? dimension : 1));
    float best = -1, inner = 0, square = 0, chosen = steps[1];
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        pack_with(dimension, x, steps[i] * deviation, packed, &inner, &square);
        const float cosine = square > 0 ? inner / sqrtf(square) : 0;
        if (cosine > best) {
            best = cosine;
            chosen = steps[i];
        }
    }
    pack_with(dimension, x, chosen * deviation, packed, &inner, &square);
    const float scale = square > 0 ? 1 / sqrtf(square) : 0;
    memcpy(packed + ck_token_bytes(dimension) - sizeof scale, &scale, sizeof scale);
}

float ck_query_pack(size_t dimension, const float *x, int8_t *query, int32_t *sum) {
    float largest = 0;
    for (size_t i = 0; i < dimension; i++) largest = fmaxf(largest, fabsf(x[i]));
    const float scale = largest > 0 ? largest / 127 : 1;
    int32_t total = 0;
    for (size_t i = 0; i < ck_query_bytes(dimension); i++) {
        const int level = i < dimension ? (int)lrintf(x[i] / scale) : 0;
        query[i] = (int8_t)level;
        total += level;
    }
    *sum = 8 * total;
    return scale;
}

static float scale_of(const uint8_t *token, size_t bytes) {
    float scale;
    memcpy(&scale, token + bytes - sizeof scale, sizeof scale);
    return scale;
}

static void products_portable(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries,
                              const int8_t *query, const float *scales, const int32_t *sums, float *out) {
    const size_t bytes = ck_token_bytes(dimension), stride = ck_query_bytes(dimension);
    const size_t half = CK_TOKEN_GROUP / 2;
    for (size_t t = 0; t < tokens; t++) {
        const uint8_t *token = packed + t * bytes;
        const float scale = scale_of(token, bytes);
        for (size_t q = 0; q < queries; q++) {
            const int8_t *vector = query + q * stride;
            int32_t sum = 0;
            for (size_t base = 0; base < stride; base += CK_TOKEN_GROUP) {
                const uint8_t *group = token + base / 2;
                for (size_t i = 0; i < half; i++) {
                    sum += (group[i] & 15) * vector[base + i] + (group[i] >> 4) * vector[base + half + i];
                }
            }
            out[t * queries + q] = (float)(sum - sums[q]) * scale * scales[q];
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static int32_t sum_of(__m256i lanes) {
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum);
}

__attribute__((target("avx2"))) static void products_avx2(size_t dimension, size_t tokens, const uint8_t *packed,
                                                          size_t queries, const int8_t *query, const float *scales,
                                                          const int32_t *sums, float *out) {
    const size_t bytes = ck_token_bytes(dimension), stride = ck_query_bytes(dimension);
    const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    for (size_t t = 0; t < tokens; t++) {
        const uint8_t *token = packed + t * bytes;
        const float scale = scale_of(token, bytes);
        for (size_t q = 0; q < queries; q++) {
            const int8_t *vector = query + q * stride;
            __m256i sum = _mm256_setzero_si256();
            for (size_t base = 0; base < stride; base += CK_TOKEN_GROUP) {
                const __m256i both = _mm256_loadu_si256((const __m256i *)(token + base / 2));
                const __m256i first = _mm256_loadu_si256((const __m256i *)(vector + base));
                const __m256i second = _mm256_loadu_si256((const __m256i *)(vector + base + CK_TOKEN_GROUP / 2));
                // 15 · 127 · 4 stays below 2^15.
                const __m256i pairs = _mm256_add_epi16(
                    _mm256_maddubs_epi16(_mm256_and_si256(both, low), first),
                    _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(both, 4), low), second));
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
            }
            out[t * queries + q] = (float)(sum_of(sum) - sums[q]) * scale * scales[q];
        }
    }
}
#endif

void ck_token_products(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query,
                       const float *scales, const int32_t *sums, float *out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        products_avx2(dimension, tokens, packed, queries, query, scales, sums, out);
        return;
    }
#endif
    products_portable(dimension, tokens, packed, queries, query, scales, sums, out);
}

float ck_late_interaction(size_t tokens, size_t queries, const float *s, size_t window, size_t step, float *scratch) {
    if (tokens == 0 || queries == 0 || window == 0 || step == 0) return 0;
    for (size_t q = 0; q < queries; q++) scratch[q] = s[q];
    for (size_t t = 1; t < tokens; t++) {
        for (size_t q = 0; q < queries; q++) scratch[q] = fmaxf(scratch[q], s[t * queries + q]);
    }
    const size_t width = queries < window ? queries : window;
    float best = -INFINITY;
    for (size_t start = 0;; start += step) {
        if (start + width > queries) start = queries - width;
        float forward = 0, backward = 0;
        for (size_t q = start; q < start + width; q++) forward += scratch[q];
        for (size_t t = 0; t < tokens; t++) {
            float largest = s[t * queries + start];
            for (size_t q = start + 1; q < start + width; q++) largest = fmaxf(largest, s[t * queries + q]);
            backward += largest;
        }
        best = fmaxf(best, (forward / (float)width + backward / (float)tokens) / 2);
        if (start + width >= queries) break;
    }
    return best;
}
