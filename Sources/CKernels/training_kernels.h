// The training kernels, written once over vectors and compiled per kernel set.
//
// The including file defines what float_kernels.h asks for, and gets `static const ck_training_kernels ck_kernels`.

#include "vectors.h"

#include "training_product.h"

#include "training_attention.h"

static CK_TARGET void gelu_forward(size_t count, const float *x, float *y) {
    const size_t whole = count / CK_LANES * CK_LANES;
    for (size_t i = 0; i < whole; i += CK_LANES) store(y + i, gelu(load(x + i)));
    if (whole == count) return;
    float tail[CK_LANES] = {0};
    memcpy(tail, x + whole, (count - whole) * sizeof(float));
    store(tail, gelu(load(tail)));
    memcpy(y + whole, tail, (count - whole) * sizeof(float));
}

CK_INLINE ck_vector gelu_slope(ck_vector x) {
    const float inverse_root = 0.3989422804f; // 1/√(2π)
    return normal_distribution(x) + x * inverse_root * exp_negative(x * x * -0.5f);
}

static CK_TARGET void gelu_backward(size_t count, const float *x, const float *dy, float *dx) {
    const size_t whole = count / CK_LANES * CK_LANES;
    for (size_t i = 0; i < whole; i += CK_LANES) store(dx + i, load(dy + i) * gelu_slope(load(x + i)));
    if (whole == count) return;
    float tail[CK_LANES] = {0};
    memcpy(tail, x + whole, (count - whole) * sizeof(float));
    store(tail, gelu_slope(load(tail)));
    for (size_t i = whole; i < count; i++) dx[i] = dy[i] * tail[i - whole];
}

static CK_TARGET void add_norm(size_t rows, size_t n, size_t first_row, ck_dropout drop, const float *x,
                               const float *residual, const float *gamma, const float *beta, float eps,
                               float *normalised, float *scales, float *out) {
    const size_t whole = n / CK_LANES * CK_LANES;
    for (size_t r = 0; r < rows; r++, x += n, residual += n, normalised += n, out += n) {
        const uint32_t index = (uint32_t)((first_row + r) * n);
        ck_vector sums = {0};
        float sum = 0;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector v = load(x + i) * kept(drop, index + (uint32_t)i) + load(residual + i);
            store(normalised + i, v);
            sums += v;
        }
        for (size_t i = whole; i < n; i++)
            sum += normalised[i] = x[i] * kept_one(drop, index + (uint32_t)i) + residual[i];
        const float mean = (sum_lanes(sums) + sum) / (float)n;
        sums = (ck_vector){0};
        sum = 0;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector v = load(normalised + i) - mean;
            sums = v * v + sums;
        }
        for (size_t i = whole; i < n; i++) sum += (normalised[i] - mean) * (normalised[i] - mean);
        const float scale = 1.0f / sqrtf((sum_lanes(sums) + sum) / (float)n + eps);
        scales[r] = scale;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector v = (load(normalised + i) - mean) * scale;
            store(normalised + i, v);
            store(out + i, v * load(gamma + i) + load(beta + i));
        }
        for (size_t i = whole; i < n; i++) {
            normalised[i] = (normalised[i] - mean) * scale;
            out[i] = normalised[i] * gamma[i] + beta[i];
        }
    }
}

// With g = dy·gamma and the normalised x̂: ds = scale · (g − mean(g) − x̂ · mean(g·x̂)).
static CK_TARGET void norm_backward(size_t rows, size_t n, const float *dy, const float *normalised,
                                    const float *scales, const float *gamma, float *ds) {
    const size_t whole = n / CK_LANES * CK_LANES;
    for (size_t r = 0; r < rows; r++, dy += n, normalised += n, ds += n) {
        ck_vector sums = {0}, products = {0};
        float sum = 0, product = 0;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector g = load(dy + i) * load(gamma + i);
            sums += g;
            products = g * load(normalised + i) + products;
        }
        for (size_t i = whole; i < n; i++) {
            sum += dy[i] * gamma[i];
            product += dy[i] * gamma[i] * normalised[i];
        }
        const float mean = (sum_lanes(sums) + sum) / (float)n;
        const float slope = (sum_lanes(products) + product) / (float)n;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector g = load(dy + i) * load(gamma + i);
            store(ds + i, (g - mean - load(normalised + i) * slope) * scales[r]);
        }
        for (size_t i = whole; i < n; i++) ds[i] = (dy[i] * gamma[i] - mean - normalised[i] * slope) * scales[r];
    }
}

static CK_TARGET void norm_gradients(size_t rows, size_t n, size_t first, size_t last, const float *dy,
                                     const float *normalised, float *dgamma, float *dbeta) {
    size_t i = first;
    for (; i + CK_LANES <= last; i += CK_LANES) {
        ck_vector scale = load(dgamma + i), shift = load(dbeta + i);
        for (size_t r = 0; r < rows; r++) {
            const ck_vector d = load(dy + r * n + i);
            scale = d * load(normalised + r * n + i) + scale;
            shift += d;
        }
        store(dgamma + i, scale);
        store(dbeta + i, shift);
    }
    for (; i < last; i++)
        for (size_t r = 0; r < rows; r++) {
            dgamma[i] += dy[r * n + i] * normalised[r * n + i];
            dbeta[i] += dy[r * n + i];
        }
}

static CK_TARGET void column_sums(size_t rows, size_t n, size_t first, size_t last, const float *x, float *out) {
    size_t i = first;
    for (; i + CK_LANES <= last; i += CK_LANES) {
        ck_vector sum = load(out + i);
        for (size_t r = 0; r < rows; r++) sum += load(x + r * n + i);
        store(out + i, sum);
    }
    for (; i < last; i++)
        for (size_t r = 0; r < rows; r++) out[i] += x[r * n + i];
}

static CK_TARGET void dropout(size_t rows, size_t n, size_t first_row, ck_dropout drop, const float *x, float *out) {
    const size_t whole = n / CK_LANES * CK_LANES;
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        const uint32_t index = (uint32_t)((first_row + r) * n);
        for (size_t i = 0; i < whole; i += CK_LANES) store(out + i, load(x + i) * kept(drop, index + (uint32_t)i));
        for (size_t i = whole; i < n; i++) out[i] = x[i] * kept_one(drop, index + (uint32_t)i);
    }
}

static CK_TARGET void add_scaled(size_t count, float scale, const float *x, float *out) {
    const size_t whole = count / CK_LANES * CK_LANES;
    for (size_t i = 0; i < whole; i += CK_LANES) store(out + i, load(x + i) * scale + load(out + i));
    for (size_t i = whole; i < count; i++) out[i] += x[i] * scale;
}

static CK_TARGET void adamw(size_t count, ck_adamw s, float *p, const float *g, float *m, float *v) {
    const float shrink = 1.0f - s.rate * s.decay, rate = s.rate / s.correction1;
    const float root = 1.0f / sqrtf(s.correction2);
    for (size_t i = 0; i < count; i += CK_LANES) {
        const size_t left = count - i;
        ck_vector gradient = {0}, first = {0}, second = {0}, value = {0};
        const size_t bytes = (left < CK_LANES ? left : CK_LANES) * sizeof(float);
        if (left >= CK_LANES) {
            gradient = load(g + i), first = load(m + i), second = load(v + i), value = load(p + i);
        } else {
            memcpy(&gradient, g + i, bytes), memcpy(&first, m + i, bytes);
            memcpy(&second, v + i, bytes), memcpy(&value, p + i, bytes);
        }
        gradient *= s.gradient_scale;
        first = first * s.beta1 + gradient * (1.0f - s.beta1);
        second = second * s.beta2 + gradient * gradient * (1.0f - s.beta2);
        value = value * shrink - rate * first / (CK_SQRT(second) * root + s.epsilon);
        if (left >= CK_LANES) {
            store(m + i, first), store(v + i, second), store(p + i, value);
        } else {
            memcpy(m + i, &first, bytes), memcpy(v + i, &second, bytes), memcpy(p + i, &value, bytes);
        }
    }
}

static CK_TARGET double sum_of_squares(size_t count, const float *x) {
    const size_t block = 4096; // short enough for float32 sums
    double total = 0;
    for (size_t begin = 0; begin < count; begin += block) {
        const size_t end = count - begin < block ? count : begin + block;
        ck_vector sums = {0};
        float sum = 0;
        size_t i = begin;
        for (; i + CK_LANES <= end; i += CK_LANES) sums = load(x + i) * load(x + i) + sums;
        for (; i < end; i++) sum += x[i] * x[i];
        total += (double)sum_lanes(sums) + (double)sum;
    }
    return total;
}

static const ck_training_kernels ck_kernels = {
    .set = CK_SET,
    .panel = CK_PANEL,
    .product = product,
    .gelu = gelu_forward,
    .gelu_backward = gelu_backward,
    .add_norm = add_norm,
    .norm_backward = norm_backward,
    .norm_gradients = norm_gradients,
    .column_sums = column_sums,
    .dropout = dropout,
    .add_scaled = add_scaled,
    .attention = attention_forward,
    .attention_backward = attention_backward,
    .adamw = adamw,
    .sum_of_squares = sum_of_squares,
};
