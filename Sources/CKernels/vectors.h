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

// x·Φ(x) = x·(1/2 + x·P(x²)/Q(x²)), |x| being clamped to 5.3 and the fraction to ±1/2, which it reaches there. P and Q
// were fitted by reweighted least squares (Lawson 1961) to a largest error of 3e-7 in x·Φ(x).
CK_INLINE ck_vector gelu(ck_vector x) {
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
    return x * (CK_MAX(CK_MIN(z * p / q, splat(0.5f)), splat(-0.5f)) + 0.5f);
}

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
    p = p * r + 1.0f ;
    p = p * r + 1.0f;
    const ck_integers power = (__builtin_convertvector(n, ck_integers) + 127) << 23;
    return p * (ck_vector)power;
}
