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
    CK_SET_PORTABLE = 0,   ///< Plain C, on every CPU.
    CK_SET_AVX2 = 1,       ///< x86-64 with AVX2 and FMA.
    CK_SET_AVX_VNNI = 2,   ///< AVX2 with byte products; int8 only.
    CK_SET_AVX512 = 3,     ///< x86-64 with AVX-512F; float32 only.
    CK_SET_AVX512_VNNI = 4, ///< AVX-512 with byte products; int8 only.
    CK_SET_NEON = 5,       ///< arm64; float32 only.
    CK_SET_NEON_DOT = 6,   ///< arm64 with byte products; int8 only.
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

    /// Self-attention of one sequence: out[t, heads·d] = concat over heads of softmax(q·kᵀ / √d)·v, of which the heads
    /// from `first` up to, not including, `last` are computed. qkv[t, 3·heads·d] holds q, k and v side by side and is
    /// padded; `scratch` holds `ck_attention_scratch` numbers.
    void (*attention)(size_t t, size_t heads, size_t first, size_t last, size_t d, const float *qkv, float *out,
                      float *scratch);

    /// out[n] = mean over the rows of x[rows, n], rows > 0.
    void (*mean_rows)(size_t rows, size_t n, const float *x, float *out);

    /// x[n] becomes x / ‖x‖₂; a zero vector stays zero.
    void (*l2_normalise)(size_t n, float *x);
} ck_float_kernels;

/// Columns of an int8 product that stay in float32. A BERT has a few columns whose numbers dwarf all others; left among
/// the bytes they would cost every other column its precision.
#define CK_EXACT_COLUMNS 4

/// How the bytes of a quantised row stand for numbers: x ≈ scale·q + low, but for the columns that are kept exact.
typedef struct ck_range {
    float scale;
    float low;
    float exact[CK_EXACT_COLUMNS];
} ck_range;

/// The int8 kernels of one set. Activations are quantised row by row while the encoder runs, weights per output channel
/// when they are packed. The sums are exact integers.
typedef struct ck_int8_kernels {
    ck_set set;
    /// Output channels per packed panel.
    size_t panel;
    /// Largest magnitude of a packed weight.
    int weight_limit;

    /// out[m, n] = activation(x[m, k] · w[n, k]ᵀ + bias[n]) for rows of bytes q[m, ldq] that `quantise` made from x;
    /// `packed` comes from `ck_pack_int8` with this set's `panel` and `weight_limit`. GELU is good to 2e-4 here.
    void (*matmul)(size_t m, size_t n, size_t k, const uint8_t *q, size_t ldq, const ck_range *ranges,
                   const uint8_t *packed, float *out, size_t ldo, ck_activation activation);

    /// q[rows, ldq] and ranges[rows] from x[rows, n], ldq ≥ n being a multiple of 4; the bytes behind n become zero.
    /// `columns` names CK_EXACT_COLUMNS different columns below n, or is NULL. x is as before when the call returns.
    void (*quantise)(size_t rows, size_t n, float *x, const uint32_t *_Nullable columns, uint8_t *q, size_t ldq,
                     ck_range *ranges);
} ck_int8_kernels;

/// The float32 kernels of `set`, or NULL when there are none or this CPU cannot run them.
const ck_float_kernels *_Nullable ck_float_kernels_of(ck_set set);

/// The int8 kernels of `set`, or NULL when there are none or this CPU cannot run them.
const ck_int8_kernels *_Nullable ck_int8_kernels_of(ck_set set);

/// Numbers that `ck_pack` writes for w[n, k].
size_t ck_packed_count(size_t panel, size_t n, size_t k);

/// Packs w[n, k] and bias[n] into panels of `panel` output channels: bias[panel], then for each of the k columns the
/// `panel` weights that meet it. The last panel is filled with zeros.
void ck_pack(size_t panel, size_t n, size_t k, const float *w, const float *bias, float *packed);

/// Bytes that `ck_pack_int8` writes for w[n, k].
size_t ck_packed_int8_bytes(size_t panel, size_t n, size_t k);

/// Packs w[n, k] and bias[n] into panels of `panel` output channels: float32 scale[panel], sums[panel], bias[panel] and
/// exact[CK_EXACT_COLUMNS, panel], then for every four columns the four weights of each channel in bytes. A weight is
/// scale·byte, the bytes being at most `limit` in magnitude; sums holds scale·(sum of the channel's bytes). The weights
/// of `columns` (as in `quantise`) go to `exact`, their bytes are zero.
void ck_pack_int8(size_t panel, int limit, size_t n, size_t k, const float *w, const float *bias,
                  const uint32_t *_Nullable columns, uint8_t *packed);

/// Numbers of scratch memory that `attention` needs for sequences of up to t tokens and heads of d.
size_t ck_attention_scratch(size_t t, size_t d);

/// The core that the calling thread runs on at the moment, or −1 when the system does not tell.
int ck_current_core(void);

/// Moves the calling thread to another core than `core`, without binding it there; false when it may not run on another.
bool ck_leave_core(int core);

/// Tells the CPU that the calling thread spins.
static inline void ck_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

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

#include "CKTokens.h"
#include "CKTraining.h"

#endif
