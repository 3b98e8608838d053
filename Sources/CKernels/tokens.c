// Packed token vectors: see CKTokens.h.
#include "CKTokens.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Number i of a group stands in bits 2 · (i ÷ 16) of byte i mod 16, as a level u of 0 to 3 that means 2u - 3 half steps.
enum { group_bytes = CK_TOKEN_GROUP / 4, levels_offset = 3 };

static const float scale_unit = 16383.75f;

static int level_of(float value, float step) {
    const int level = (int)floorf(value / step) + 2;
    return level < 0 ? 0 : level > 3 ? 3 : level;
}

void ck_token_pack(size_t dimension, const float *x, uint8_t *packed) {
    // In deviations of a number of a unit vector; the second is best for a normal distribution (J. Max, Quantizing for minimum
    // distortion, 1960).
    static const float steps[] = {0.85f, 0.9957f, 1.15f};
    const float deviation = 1 / sqrtf((float)(dimension > 0 ? dimension : 1));
    float best = -1, chosen = steps[1] * deviation, own = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const float step = steps[i] * deviation;
        float inner = 0, norm = 0;
        for (size_t k = 0; k < dimension; k++) {
            const float value = (float)(2 * level_of(x[k], step) - levels_offset);
            inner += x[k] * value;
            norm += value * value;
        }
        const float cosine = norm > 0 ? inner / sqrtf(norm) : 0;
        if (cosine > best) {
            best = cosine;
            chosen = step;
            own = inner;
        }
    }
    const size_t bytes = ck_token_bytes(dimension);
    memset(packed, 0, bytes);
    for (size_t k = 0; k < dimension; k++) {
        const size_t place = k % CK_TOKEN_GROUP;
        packed[k / CK_TOKEN_GROUP * group_bytes + place % group_bytes] |=
            (uint8_t)(level_of(x[k], chosen) << (2 * (place / group_bytes)));
    }
    // In units of 1 ÷ (sqrt(dimension) · 16,383.75): a usual vector has about 0.6.
    const float share = own > 0 ? sqrtf((float)dimension) / own : 0;
    const uint16_t scale = (uint16_t)lrintf(fminf(4, share) * scale_unit);
    packed[bytes - 2] = (uint8_t)scale;
    packed[bytes - 1] = (uint8_t)(scale >> 8);
}

static float scale_of(size_t dimension, const uint8_t *token, size_t bytes) {
    const unsigned scale = token[bytes - 2] | (unsigned)token[bytes - 1] << 8;
    return (float)scale / (scale_unit * sqrtf((float)(dimension > 0 ? dimension : 1)));
}

static int unpacked(const uint8_t *packed, size_t k) {
    const size_t place = k % CK_TOKEN_GROUP;
    return packed[k / CK_TOKEN_GROUP * group_bytes + place % group_bytes] >> (2 * (place / group_bytes)) & 3;
}

void ck_token_unpack(size_t dimension, const uint8_t *packed, float *x) {
    const float scale = scale_of(dimension, packed, ck_token_bytes(dimension));
    for (size_t k = 0; k < dimension; k++) x[k] = (float)(2 * unpacked(packed, k) - levels_offset) * scale;
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
    *sum = levels_offset * total;
    return scale;
}

void ck_token_products_portable(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query,
                                const float *scales, const int32_t *sums, float *out) {
    const size_t bytes = ck_token_bytes(dimension), stride = ck_query_bytes(dimension);
    for (size_t t = 0; t < tokens; t++) {
        const uint8_t *token = packed + t * bytes;
        const float scale = scale_of(dimension, token, bytes);
        for (size_t q = 0; q < queries; q++) {
            const int8_t *vector = query + q * stride;
            int32_t sum = 0;
            for (size_t k = 0; k < dimension; k++) sum += unpacked(token, k) * vector[k];
            out[t * queries + q] = (float)(2 * sum - sums[q]) * scale * scales[q];
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

// A token is unpacked once for all queries. `levels` holds ck_query_bytes(dimension) bytes.
__attribute__((target("avx2"))) static void products_avx2(size_t dimension, size_t tokens, const uint8_t *packed,
                                                          size_t queries, const int8_t *query, const float *scales,
                                                          const int32_t *sums, float *out, uint8_t *levels) {
    const size_t bytes = ck_token_bytes(dimension), stride = ck_query_bytes(dimension);
    const __m256i mask = _mm256_set1_epi8(3), ones = _mm256_set1_epi16(1);
    const __m256i shift = _mm256_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2);
    for (size_t t = 0; t < tokens; t++) {
        const uint8_t *token = packed + t * bytes;
        const float scale = scale_of(dimension, token, bytes);
        for (size_t base = 0; base < stride; base += CK_TOKEN_GROUP) {
            const __m128i four = _mm_loadu_si128((const __m128i *)(token + base / 4));
            const __m256i both = _mm256_srlv_epi32(_mm256_broadcastsi128_si256(four), shift);
            _mm256_storeu_si256((__m256i *)(levels + base), _mm256_and_si256(both, mask));
            _mm256_storeu_si256((__m256i *)(levels + base + 32), _mm256_and_si256(_mm256_srli_epi32(both, 4), mask));
        }
        for (size_t q = 0; q < queries; q++) {
            const int8_t *vector = query + q * stride;
            // A lane grows by at most 2 · 2 · 3 · 127 a group: 16 groups stay below 2^15.
            __m256i wide = _mm256_setzero_si256();
            for (size_t part = 0; part < stride; part += 16 * CK_TOKEN_GROUP) {
                const size_t end = part + 16 * CK_TOKEN_GROUP < stride ? part + 16 * CK_TOKEN_GROUP : stride;
                __m256i sum = _mm256_setzero_si256();
                for (size_t base = part; base < end; base += 32) {
                    sum = _mm256_add_epi16(
                        sum, _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(levels + base)),
                                                  _mm256_loadu_si256((const __m256i *)(vector + base))));
                }
                wide = _mm256_add_epi32(wide, _mm256_madd_epi16(sum, ones));
            }
            out[t * queries + q] = (float)(2 * sum_of(wide) - sums[q]) * scale * scales[q];
        }
    }
}

// Of four accumulators the four sums.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) static __m128i sums_of(__m512i a, __m512i b, __m512i c,
                                                                                         __m512i d) {
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// Four queries at once; the last ones are taken again where they are not a multiple of four.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) static void products_vnni(
    size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query, const float *scales,
    const int32_t *sums, float *out, uint8_t *levels) {
    const size_t bytes = ck_token_bytes(dimension), stride = ck_query_bytes(dimension);
    const __m512i mask = _mm512_set1_epi8(3);
    const __m512i shift = _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6);
    for (size_t t = 0; t < tokens; t++) {
        const uint8_t *token = packed + t * bytes;
        const __m128 scale = _mm_set1_ps(scale_of(dimension, token, bytes));
        for (size_t base = 0; base < stride; base += CK_TOKEN_GROUP) {
            const __m512i four = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(token + base / 4)));
            _mm512_storeu_si512(levels + base, _mm512_and_si512(_mm512_srlv_epi32(four, shift), mask));
        }
        for (size_t next = 0; next < queries; next += 4) {
            const size_t q = next + 4 <= queries ? next : queries - 4;
            const int8_t *vector = query + q * stride;
            __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
            for (size_t base = 0; base < stride; base += CK_TOKEN_GROUP) {
                const __m512i level = _mm512_loadu_si512(levels + base);
                a = _mm512_dpbusd_epi32(a, level, _mm512_loadu_si512(vector + base));
                b = _mm512_dpbusd_epi32(b, level, _mm512_loadu_si512(vector + stride + base));
                c = _mm512_dpbusd_epi32(c, level, _mm512_loadu_si512(vector + 2 * stride + base));
                d = _mm512_dpbusd_epi32(d, level, _mm512_loadu_si512(vector + 3 * stride + base));
            }
            const __m128i twice = _mm_slli_epi32(sums_of(a, b, c, d), 1);
            const __m128i whole = _mm_sub_epi32(twice, _mm_loadu_si128((const __m128i *)(sums + q)));
            const __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(whole), scale);
            _mm_storeu_ps(out + t * queries + q, _mm_mul_ps(scaled, _mm_loadu_ps(scales + q)));
        }
    }
}
#endif

void ck_token_products(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query,
                       const float *scales, const int32_t *sums, float *out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && dimension <= 4096) {
        uint8_t levels[4096];
        if (queries >= 4 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512bw")) {
            products_vnni(dimension, tokens, packed, queries, query, scales, sums, out, levels);
            return;
        }
        products_avx2(dimension, tokens, packed, queries, query, scales, sums, out, levels);
        return;
    }
#endif
    ck_token_products_portable(dimension, tokens, packed, queries, query, scales, sums, out);
}

// The larger of two; unlike fmaxf it is one instruction for several numbers. Neither is NaN.
static inline float larger(float a, float b) { return a > b ? a : b; }

static float largest_of(const float *values, size_t count) {
    float lanes[4] = {values[0], values[0], values[0], values[0]};
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t lane = 0; lane < 4; lane++) lanes[lane] = larger(lanes[lane], values[i + lane]);
    }
    for (; i < count; i++) lanes[0] = larger(lanes[0], values[i]);
    return larger(larger(lanes[0], lanes[1]), larger(lanes[2], lanes[3]));
}

float ck_late_interaction(size_t tokens, size_t queries, const float *s, size_t window, size_t step, float *scratch) {
    if (tokens == 0 || queries == 0 || window == 0 || step == 0) return 0;
    for (size_t q = 0; q < queries; q++) scratch[q] = s[q];
    for (size_t t = 1; t < tokens; t++) {
        for (size_t q = 0; q < queries; q++) scratch[q] = larger(scratch[q], s[t * queries + q]);
    }
    const size_t width = queries < window ? queries : window;
    float best = -INFINITY;
    for (size_t start = 0;; start += step) {
        if (start + width > queries) start = queries - width;
        float forward = 0, backward = 0;
        for (size_t q = start; q < start + width; q++) forward += scratch[q];
        for (size_t t = 0; t < tokens; t++) {
            backward += largest_of(s + t * queries + start, width);
        }
        best = larger(best, (forward / (float)width + backward / (float)tokens) / 2);
        if (start + width >= queries) break;
    }
    return best;
}
