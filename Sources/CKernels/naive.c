// The naive twins: the meaning of every kernel, without a thought for speed. Sums are taken in double precision.
#include "CKernels.h"
#include <math.h>

void ck_naive_matmul(size_t m, size_t n, size_t k, const float *x, const float *w, const float *bias, float *out,
                     ck_activation activation) {
    for (size_t r = 0; r < m; r++)
        for (size_t c = 0; c < n; c++) {
            double sum = bias[c];
            for (size_t i = 0; i < k; i++) sum += (double)x[r * k + i] * w[c * k + i];
            out[r * n + c] = (float)(activation == CK_GELU ? 0.5 * sum * (1 + erf(sum / sqrt(2))) : sum);
        }
}

void ck_naive_add_layer_norm(size_t rows, size_t n, const float *x, const float *residual, const float *gamma,
                             const float *beta, float eps, float *out) {
    for (size_t r = 0; r < rows; r++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) mean += ((double)x[r * n + i] + residual[r * n + i]) / (double)n;
        for (size_t i = 0; i < n; i++) {
            const double deviation = (double)x[r * n + i] + residual[r * n + i] - mean;
            variance += deviation * deviation / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            const double deviation = (double)x[r * n + i] + residual[r * n + i] - mean;
            out[r * n + i] = (float)(deviation / sqrt(variance + eps) * gamma[i] + beta[i]);
        }
    }
}

void ck_naive_softmax(size_t n, float scale, float *x) {
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, x[i]);
    for (size_t i = 0; i < n; i++) sum += exp((x[i] - largest) * scale);
    for (size_t i = 0; i < n; i++) x[i] = (float)(exp((x[i] - largest) * scale) / sum);
}

void ck_naive_attention(size_t t, size_t heads, size_t d, const float *qkv, float *out, float *scores) {
    const size_t hidden = heads * d, ld = 3 * hidden;
    for (size_t head = 0; head < heads; head++)
        for (size_t row = 0; row < t; row++) {
            const float *q = qkv + row * ld + head * d;
            for (size_t j = 0; j < t; j++) {
                const float *k = qkv + j * ld + hidden + head * d;
                double sum = 0;
                for (size_t i = 0; i < d; i++) sum += (double)q[i] * k[i];
                scores[j] = (float)sum;
            }
            ck_naive_softmax(t, 1.0f / sqrtf((float)d), scores);
            for (size_t i = 0; i < d; i++) {
                double sum = 0;
                for (size_t j = 0; j < t; j++) sum += (double)scores[j] * qkv[j * ld + 2 * hidden + head * d + i];
                out[row * hidden + head * d + i] = (float)sum;
            }
        }
}

void ck_naive_sentence(size_t rows, size_t n, const float *x, float *out) {
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t r = 0; r < rows; r++) sum += x[r * n + i];
        out[i] = (float)(sum / (double)rows);
        squares += (double)out[i] * out[i];
    }
    for (size_t i = 0; i < n; i++) out[i] = squares > 0 ? (float)(out[i] / sqrt(squares)) : 0;
}
