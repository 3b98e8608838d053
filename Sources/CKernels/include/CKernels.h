// Kernels of the encoder for one CPU core. Every matrix is row-major; a leading dimension (`ld…`) is the distance
// between two rows, in numbers. No kernel allocates, and none touches memory that is not named in its description.
//
// A kernel set is one compiled variant of all kernels. Sets differ in speed and in rounding, never in meaning. Within
// one set a row's result depends on that row alone: it is the same bit for bit however many rows are computed at once.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The compiled variants.
typedef enum ck_set {
    CK_SET_PORTABLE = 0, ///< Plain C, on every CPU.
    CK_SET_AVX2 = 1,     ///< x86-64 with AVX2 and FMA.
    CK_SET_AVX512 = 2,   ///< x86-64 with AVX-512F.
    CK_SET_NEON = 3,     ///< arm64.
} ck_set;

/// What a matrix product does to each result before it stores it.
typedef enum ck_activation {
    CK_IDENTITY = 0,
    CK_GELU = 1, ///< x·Φ(x) with the exact normal distribution Φ, to 1e-6·max(1, |x|).
} ck_activation;

/// Numbers that must be readable (not meaningful) behind the end of a buffer called "padded".
#define CK_PADDING 64

/// The float32 kernels of one set.
typedef struct ck_float_kernels {
    ck_set set;
    /// Output channels per packed panel.
    size_t panel;

    /// out[m, n] = activation(x[m, k] · w[n, k]ᵀ + bias[n]); `packed` comes from `ck_pack` with this set's `panel`.
    void (*matmul)(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *packed, float *out,
                   size_t ldo, ck_activation activation);

    /// out[rows, n] = layer norm over n of (x + residual), times gamma[n], plus beta[n]. `out` may be `x` or
    /// `residual`. The variance is the mean squared deviation.
    void (*add_layer_norm)(size_t rows, size_t n, const float *x, const float *residual, const float *gamma,
                           const float *beta, float eps, float *out);

    /// x[n] becomes softmax(scale · x), for finite x.
    void (*softmax)(size_t n, float scale, float *x);

    /// Self-attention of one sequence: out[t, heads·d] = concat over heads of softmax(q·kᵀ / √d)·v.
    /// qkv[t, 3·heads·d] holds q, k and v side by side and is padded; `scratch` holds `ck_attention_scratch` numbers.
    void (*attention)(size_t t, size_t heads, size_t d, const float *qkv, float *out, float *scratch);

    /// out[n] = mean over the rows of x[rows, n], rows > 0.
    void (*mean_rows)(size_t rows, size_t n, const float *x, float *out);

    /// x[n] becomes x / ‖x‖₂; a zero vector stays zero.
    void (*l2_normalise)(size_t n, float *x);
} ck_float_kernels;

/// Whether this CPU can run `set`.
bool ck_set_available(ck_set set);

/// The fastest set that this CPU can run.
ck_set ck_best_set(void);

/// The float32 kernels of `set`, or NULL when this CPU cannot run them.
const ck_float_kernels *_Nullable ck_float_kernels_of(ck_set set);

/// Numbers that `ck_pack` writes for w[n, k].
size_t ck_packed_count(size_t panel, size_t n, size_t k);

/// Packs w[n, k] and bias[n] into panels of `panel` output channels: bias[panel], then for each of the k columns the
/// `panel` weights that meet it. The last panel is filled with zeros.
void ck_pack(size_t panel, size_t n, size_t k, const float *w, const float *bias, float *packed);

/// Numbers of scratch memory that `attention` needs for sequences of up to t tokens and heads of d.
size_t ck_attention_scratch(size_t t, size_t d);

// The naive twins: what the kernels mean, written for reading. Tests compare every set with them.

/// out[m, n] = activation(x[m, k] · w[n, k]ᵀ + bias[n]), w as it is.
void ck_naive_matmul(size_t m, size_t n, size_t k, const float *x, const float *w, const float *bias, float *out,
                     ck_activation activation);
/// The meaning of `add_layer_norm`.
void ck_naive_add_layer_norm(size_t rows, size_t n, const float *x, const float *residual, const float *gamma,
                             const float *beta, float eps, float *out);
/// The meaning of `softmax`.
void ck_naive_softmax(size_t n, float scale, float *x);
/// The meaning of `attention`; `scores` holds t numbers.
void ck_naive_attention(size_t t, size_t heads, size_t d, const float *qkv, float *out, float *scores);
/// The meaning of `mean_rows` followed by `l2_normalise`.
void ck_naive_sentence(size_t rows, size_t n, const float *x, float *out);

#pragma clang assume_nonnull end

#endif
