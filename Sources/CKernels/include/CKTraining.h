// Kernels of training for one CPU core, beside those of CKernels.h and under the same rules. Each result is one chain of
// multiply-adds in a fixed order, so that it is the same however rows and columns are shared among threads.
#ifndef CKTRAINING_H
#define CKTRAINING_H

#include "CKernels.h"

#pragma clang assume_nonnull begin

/// Dropout whose masks are never stored: whether an element stays is a function of the keys and of its index, so the
/// backward pass draws the same mask again.
typedef struct ck_dropout {
    /// An element is dropped when its 32 random bits are below this; 0 drops nothing.
    uint32_t threshold;
    /// 1 / (1 − rate), what the others are multiplied with.
    float scale;
    /// What makes one mask different from another.
    uint32_t key[2];
} ck_dropout;

/// What a product begins with.
typedef enum ck_start {
    CK_START_ZERO = 0,
    CK_START_BIAS = 1,     ///< bias[n] in every row
    CK_START_PREVIOUS = 2, ///< what c holds already
} ck_start;

/// c[m, n] = start + a · b. Both factors are read as they lie; a product packs what it needs into its scratch memory.
typedef struct ck_product {
    size_t m, n, k;
    /// a[m, k] at distance lda between rows, or, when `a_transposed`, stored as [k, m].
    const float *a;
    size_t lda;
    bool a_transposed;
    /// b[k, n] at distance ldb, or, when `b_transposed`, stored as [n, k].
    const float *b;
    size_t ldb;
    bool b_transposed;
    ck_start start;
    const float *_Nullable bias;
    float *c;
    size_t ldc;
} ck_product;

/// One sequence's self-attention, t tokens, `heads` heads of d numbers. Heads from `first` up to, not including, `last`
/// are computed. The rows of probabilities are `ck_attention_row` numbers apart.
typedef struct ck_self_attention {
    size_t t, heads, first, last, d;
    /// Number of the sequence's first token in the batch, for dropout.
    size_t row;
    ck_dropout dropout;
    /// [t, 3·heads·d]: queries, keys and values side by side.
    const float *qkv;
    /// [heads, t, ck_attention_row(t)]: softmax before dropout, zeros behind each row's t numbers.
    float *probabilities;
} ck_self_attention;

/// The settings of one step of AdamW (Loshchilov, Hutter 2019).
typedef struct ck_adamw {
    float rate;
    float beta1, beta2;
    float epsilon;
    /// The parameter shrinks by rate · decay.
    float decay;
    /// 1 − βᵗ of the two averages.
    float correction1, correction2;
    /// What each gradient is multiplied with first, for clipping.
    float gradient_scale;
} ck_adamw;

/// The training kernels of one set.
typedef struct ck_training_kernels {
    ck_set set;
    /// Columns are best shared in multiples of this.
    size_t panel;

    /// The product; `scratch` holds ck_product_scratch(k) numbers.
    void (*product)(const ck_product *product, float *scratch);

    /// y[count] = x·Φ(x)
    void (*gelu)(size_t count, const float *x, float *y);
    /// dx[count] = dy · (Φ(x) + x·φ(x)); dx may be dy.
    void (*gelu_backward)(size_t count, const float *x, const float *dy, float *dx);

    /// s = dropout(x) + residual; normalised = (s − mean) · scale; out = normalised · gamma + beta, row by row.
    /// `scales` gets 1/√(variance + eps) per row. Rows are numbered from `first_row` for dropout. `out` may be `x`.
    void (*add_norm)(size_t rows, size_t n, size_t first_row, ck_dropout dropout, const float *x,
                     const float *residual, const float *gamma, const float *beta, float eps, float *normalised,
                     float *scales, float *out);
    /// The gradient ds[rows, n] of the layer norm's input from that of its output; ds may be dy.
    void (*norm_backward)(size_t rows, size_t n, const float *dy, const float *normalised, const float *scales,
                          const float *gamma, float *ds);
    /// Adds the gradients of gamma and beta, columns from `first` up to, not including, `last`.
    void (*norm_gradients)(size_t rows, size_t n, size_t first, size_t last, const float *dy, const float *normalised,
                           float *dgamma, float *dbeta);
    /// out[c] += sum over the rows of x[rows, n] for the columns from `first` up to, not including, `last`.
    void (*column_sums)(size_t rows, size_t n, size_t first, size_t last, const float *x, float *out);
    /// out[rows, n] = x with dropped elements zero and the others scaled; out may be x.
    void (*dropout)(size_t rows, size_t n, size_t first_row, ck_dropout dropout, const float *x, float *out);
    /// out[count] += scale · x
    void (*add_scaled)(size_t count, float scale, const float *x, float *out);

    /// Fills the probabilities and out[t, heads·d]; `scratch` holds ck_self_attention_scratch numbers.
    void (*attention)(const ck_self_attention *attention, float *out, float *scratch);
    /// dqkv[t, 3·heads·d] from dout[t, heads·d].
    void (*attention_backward)(const ck_self_attention *attention, const float *dout, float *dqkv, float *scratch);

    /// One step for p[count] with gradients g and the moving averages m and v.
    void (*adamw)(size_t count, ck_adamw settings, float *p, const float *g, float *m, float *v);
    /// The sum of squares of x[count].
    double (*sum_of_squares)(size_t count, const float *x);
} ck_training_kernels;

/// The training kernels of `set`, or NULL when there are none or this CPU cannot run them.
const ck_training_kernels *_Nullable ck_training_kernels_of(ck_set set);

/// Numbers of scratch memory that a product over k needs.
size_t ck_product_scratch(size_t k);

/// Distance between two rows of attention probabilities of a sequence of t tokens.
size_t ck_attention_row(size_t t);

/// Numbers of scratch memory that the attention kernels need for sequences of up to t tokens and heads of d.
size_t ck_self_attention_scratch(size_t t, size_t d);

#pragma clang assume_nonnull end

#endif
