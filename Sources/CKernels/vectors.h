// Vectors of CK_LANES numbers and the functions that every kernel file needs. The including file defines
//   CK_LANES   numbers per vector
//   CK_TARGET  the target attribute of every function
//   CK_MAX, CK_MIN  lane-wise maximum and minimum of two vectors, for numbers that are not NaN

#include "CKernels.h"
#include <math.h>
#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline)) CK_TARGET

typedef float ck_vector __attribute__((vector_size(CK_LANES * 4)));
typedef int32_t ck_integers __attribute__((vector_size(CK_LANES * 4)));
typedef float ck_unaligned __attribute__((vector_size(CK_LANES * 4), aligned(4), may_alias));

CK_INLINE ck_vector load(const float *p) { return *(const ck_unaligned *)p; }
CK_INLINE void store(float *p, ck_vector v) { *(ck_unaligned *)p = v; }
CK_INLINE ck_vector splat(float x) { return x - (ck_vector){0}; }

// The lower, or the upper, halves of two vectors, lanes alternating.
#if CK_LANES == 16
#define CK_LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define CK_HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif CK_LANES == 8
#define CK_LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define CK_HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define CK_LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define CK_HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

// Transposes a square of vectors: as many rounds of shuffling like a pack of cards as the number of lanes has bits.
CK_INLINE void transpose(ck_vector rows[CK_LANES]) {
    _Pragma("clang loop unroll(full)") for (size_t round = CK_LANES; round > 1; round /= 2) {
        ck_vector next[CK_LANES];
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < CK_LANES / 2; i++) {
            next[2 * i] = CK_LOW_HALVES(rows[i], rows[i + CK_LANES / 2]);
            next[2 * i + 1] = CK_HIGH_HALVES(rows[i], rows[i + CK_LANES / 2]);
        }
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < CK_LANES; i++) rows[i] = next[i];
    }
}

CK_INLINE float sum_lanes(ck_vector v) {
    float lanes[CK_LANES];
    memcpy(lanes, &v, sizeof v);
    for (size_t half = CK_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}

CK_INLINE float max_lanes(ck_vector v) {
    float lanes[CK_LANES];
    memcpy(lanes, &v, sizeof v);
    for (size_t half = CK_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
    return lanes[0];
}

// Φ(x) = 1/2 + x·P(x²)/Q(x²), |x| being clamped to 5.3 and the fraction to ±1/2, which it reaches there. P and Q were
// fitted by reweighted least squares (Lawson 1961) to a largest error of 3e-7 in x·Φ(x).
CK_INLINE ck_vector normal_distribution(ck_vector x) {
    const ck_vector z = CK_MAX(CK_MIN(x, splat(5.3f)), splat(-5.3f));
    const ck_vector u = z * z;
    ck_vector p = u * 0x1.03b48cp-33f + -0x1.8c74f6p-26f;
    p = p * u + 0x1.c49fcp-19f;
    p = p * u + 0x1.70274ap-13f;
    p = p * u + 0x1.29107ap-8f;
    p = p * u + 0x1.290b0ap-5f;
    p = p * u + 0x1.988438p-2f;
    ck_vector q = u * 0x1.0fa7a0p-14f + 0x1.e61ac4p-10f;
    q = q * u + 0x1.dff88ap-6f;
    q = q * u + 0x1.07bbc6p-2f;
    q = q * u + 1.0f;
    return CK_MAX(CK_MIN(z * p / q, splat(0.5f)), splat(-0.5f)) + 0.5f;
}

CK_INLINE ck_vector gelu(ck_vector x) { return x * normal_distribution(x); }

// eˣ for x ≤ 0: x = n·ln 2 + r, a polynomial in r fitted to a relative error of 1e-8, and 2ⁿ put into the exponent.
CK_INLINE ck_vector exp_negative(ck_vector x) {
    const float magic = 0x1.8p23f; // adding it rounds to an integer
    x = CK_MAX(x, splat(-87.0f));
    const ck_vector n = (x * 0x1.715476p0f + magic) - magic;
    ck_vector r = n * -0x1.62e400p-1f + x;
    r = n * -0x1.7f7d1cp-20f + r;
    ck_vector p = r * 0x1.6ae0dep-10f + 0x1.126e4cp-7f;
    p = p * r + 0x1.555840p-5f;
    p = p * r + 0x1.55540cp-3f;
    p = p * r + 0x1.fffffcp-2f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const ck_integers power = (__builtin_convertvector(n, ck_integers) + 127) << 23;
    return p * (ck_vector)power;
}
