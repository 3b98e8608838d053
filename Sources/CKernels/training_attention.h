// Dropout and self-attention of training, written once over vectors. Included by training_kernels.h.

typedef uint32_t ck_bits __attribute__((vector_size(CK_LANES * 4)));

// 32 random bits from a counter and keys: the integer hash "lowbias32" of C. Wellons's hash prospector, keyed before and
// between its rounds.
#define CK_HASH(x, key)                                                                                                \
    x ^= (key)[0];                                                                                                     \
    x ^= x >> 16;                                                                                                      \
    x *= 0x21f0aaadu;                                                                                                  \
    x ^= x >> 15;                                                                                                      \
    x += (key)[1];                                                                                                     \
    x *= 0x735a2d97u;                                                                                                  \
    x ^= x >> 15;

// What the elements from `index` on are multiplied with: 0 or the scale.
CK_INLINE ck_vector kept(ck_dropout drop, uint32_t index) {
    if (drop.threshold == 0) return splat(1.0f);
    ck_bits x = {0};
    for (size_t i = 0; i < CK_LANES; i++) x[i] = (uint32_t)i;
    x += index;
    CK_HASH(x, drop.key)
    const ck_bits scale = (ck_bits)splat(drop.scale);
    return (ck_vector)(scale & (ck_bits)(x >= drop.threshold));
}

CK_INLINE float kept_one(ck_dropout drop, uint32_t index) {
    if (drop.threshold == 0) return 1.0f;
    uint32_t x = index;
    CK_HASH(x, drop.key)
    return x >= drop.threshold ? drop.scale : 0.0f;
}

// Elements of one row of probabilities are counted from here; a head's keys are its own.
CK_INLINE uint32_t attention_index(const ck_self_attention *a, size_t row) { return (uint32_t)(a->row + row) << 10; }

CK_INLINE ck_dropout head_dropout(const ck_self_attention *a, size_t head) {
    ck_dropout drop = a->dropout;
    drop.key[1] ^= (uint32_t)(head + 1) * 0x9e3779b9u;
    return drop;
}

// x[n] becomes softmax(scale · x), zeros up to the whole vectors of `padded`.
CK_INLINE void probability_row(size_t n, size_t padded, float scale, float *x) {
    for (size_t i = n; i < padded; i++) x[i] = x[0];
    ck_vector maxima = load(x);
    for (size_t i = CK_LANES; i < padded; i += CK_LANES) maxima = CK_MAX(maxima, load(x + i));
    const float largest = max_lanes(maxima);
    for (size_t i = 0; i < padded; i += CK_LANES) store(x + i, exp_negative((load(x + i) - largest) * scale));
    for (size_t i = n; i < padded; i++) x[i] = 0;
    ck_vector sums = {0};
    for (size_t i = 0; i < padded; i += CK_LANES) sums += load(x + i);
    const float inverse = 1.0f / sum_lanes(sums);
    for (size_t i = 0; i < padded; i += CK_LANES) store(x + i, load(x + i) * inverse);
}

// out[t, lds] = probabilities of one head after dropout.
CK_INLINE void drop_probabilities(const ck_self_attention *a, size_t head, const float *p, size_t lds, float *out) {
    const ck_dropout drop = head_dropout(a, head);
    for (size_t r = 0; r < a->t; r++)
        for (size_t i = 0; i < lds; i += CK_LANES)
            store(out + r * lds + i, load(p + r * lds + i) * kept(drop, attention_index(a, r) + (uint32_t)i));
}

static CK_TARGET void attention_forward(const ck_self_attention *a, float *out, float *scratch) {
    const size_t t = a->t, d = a->d, hidden = a->heads * d, ld = 3 * hidden, lds = ck_attention_row(t);
    const float scale = 1.0f / sqrtf((float)d);
    float *dropped = scratch, *rest = scratch + t * lds;
    for (size_t head = a->first; head < a->last; head++) {
        const float *q = a->qkv + head * d;
        float *p = a->probabilities + head * t * lds;
        const ck_product scores = {
            .m = t, .n = t, .k = d, .a = q, .lda = ld, .b = q + hidden, .ldb = ld, .b_transposed = true,
            .c = p, .ldc = lds};
        product(&scores, rest);
        for (size_t r = 0; r < t; r++) probability_row(t, lds, scale, p + r * lds);
        const float *weights = p;
        if (a->dropout.threshold != 0) {
            drop_probabilities(a, head, p, lds, dropped);
            weights = dropped;
        }
        const ck_product context = {
            .m = t, .n = d, .k = t, .a = weights, .lda = lds, .b = q + 2 * hidden, .ldb = ld,
            .c = out + head * d, .ldc = hidden};
        product(&context, rest);
    }
}

// ds[t] = p · (dp − Σ p·dp) · scale, dp having gone through dropout's mask.
CK_INLINE void score_gradients(const ck_self_attention *a, size_t head, size_t lds, float scale, const float *p,
                               float *dp) {
    const ck_dropout drop = head_dropout(a, head);
    for (size_t r = 0; r < a->t; r++, p += lds, dp += lds) {
        ck_vector sums = {0};
        for (size_t i = 0; i < lds; i += CK_LANES) {
            const ck_vector d = load(dp + i) * kept(drop, attention_index(a, r) + (uint32_t)i);
            store(dp + i, d);
            sums = d * load(p + i) + sums;
        }
        const float sum = sum_lanes(sums);
        for (size_t i = 0; i < lds; i += CK_LANES) store(dp + i, load(p + i) * (load(dp + i) - sum) * scale);
    }
}

static CK_TARGET void attention_backward(const ck_self_attention *a, const float *dout, float *dqkv, float *scratch) {
    const size_t t = a->t, d = a->d, hidden = a->heads * d, ld = 3 * hidden, lds = ck_attention_row(t);
    const float scale = 1.0f / sqrtf((float)d);
    float *dropped = scratch, *dp = scratch + t * lds, *rest = scratch + 2 * t * lds;
    for (size_t head = a->first; head < a->last; head++) {
        const float *q = a->qkv + head * d, *k = q + hidden, *v = k + hidden, *dc = dout + head * d;
        const float *p = a->probabilities + head * t * lds, *weights = p;
        float *dq = dqkv + head * d, *dk = dq + hidden, *dv = dk + hidden;
        if (a->dropout.threshold != 0) {
            drop_probabilities(a, head, p, lds, dropped);
            weights = dropped;
        }
        for (size_t r = 0; r < t; r++) memset(dp + r * lds + t, 0, (lds - t) * sizeof(float));
        const ck_product weight_gradients = {
            .m = t, .n = t, .k = d, .a = dc, .lda = hidden, .b = v, .ldb = ld, .b_transposed = true,
            .c = dp, .ldc = lds};
        product(&weight_gradients, rest);
        const ck_product value_gradients = {
            .m = t, .n = d, .k = t, .a = weights, .lda = lds, .a_transposed = true, .b = dc, .ldb = hidden,
            .c = dv, .ldc = ld};
        product(&value_gradients, rest);
        score_gradients(a, head, lds, scale, p, dp);
        const ck_product query_gradients = {
            .m = t, .n = d, .k = t, .a = dp, .lda = lds, .b = k, .ldb = ld, .c = dq, .ldc = ld};
        product(&query_gradients, rest);
        const ck_product key_gradients = {
            .m = t, .n = d, .k = t, .a = dp, .lda = lds, .a_transposed = true, .b = q, .ldb = ld, .c = dk, .ldc = ld};
        product(&key_gradients, rest);
    }
}
