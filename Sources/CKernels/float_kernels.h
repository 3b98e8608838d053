// The float32 kernels, written once over vectors and compiled per kernel set.
//
// The including file defines what vectors.h needs, and
//   CK_ROWS    most rows of a register tile (1…8)
//   CK_VECTORS most vectors of a register tile (1…3); CK_LANES · CK_VECTORS is the panel
// and gets `static const ck_float_kernels ck_kernels`.

#include "vectors.h"

#define CK_PANEL ((size_t)CK_LANES * CK_VECTORS)

// One register tile: out[rows, columns] = activation(init + x[rows, k] · w), w having `vectors` vectors per column of x
// at distance ldw. Each result is one chain of multiply-adds over k, so it does not depend on the tile's shape.
// `ahead` is memory that will be needed next, fetched into the cache `step` bytes per column; it may be NULL.
CK_INLINE void tile(const size_t rows, const size_t vectors, size_t k, const float *x, size_t ldx, const float *w,
                    size_t ldw, const float *init, float *out, size_t ldo, size_t columns, ck_activation activation,
                    const char *ahead, size_t step) {
    ck_vector acc[CK_ROWS][CK_VECTORS];
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
            acc[r][v] = init ? load(init + v * CK_LANES) : (ck_vector){0};
    for (size_t i = 0; i < k; i++) {
        ck_vector b[CK_VECTORS];
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) b[v] = load(w + i * ldw + v * CK_LANES);
        if (ahead) {
            __builtin_prefetch(ahead + i * step, 0, 2);
            if (step > 64) __builtin_prefetch(ahead + i * step + 64, 0, 2);
        }
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++) {
            const float a = x[r * ldx + i];
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) acc[r][v] = a * b[v] + acc[r][v];
        }
    }
    if (activation == CK_GELU)
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) acc[r][v] = gelu(acc[r][v]);
    if (columns == vectors * CK_LANES) {
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
                store(out + r * ldo + v * CK_LANES, acc[r][v]);
    } else {
        float part[CK_ROWS * CK_PANEL]; // a copy, because sums whose address is taken would not stay in registers
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
                store(part + r * CK_PANEL + v * CK_LANES, acc[r][v]);
        for (size_t r = 0; r < rows; r++) memcpy(out + r * ldo, part + r * CK_PANEL, columns * sizeof(float));
    }
}

#define CK_TILE_CASE(R, V)                                                                                             \
    case (R)*4 + (V):                                                                                                  \
        if ((R) <= CK_ROWS && (V) <= CK_VECTORS)                                                                       \
            tile((R) <= CK_ROWS ? (R) : 1, (V) <= CK_VECTORS ? (V) : 1, k, x, ldx, w, ldw, init, out, ldo, columns,    \
                 activation, ahead, step);                                                                             \
        break;
#define CK_TILE_CASES(R) CK_TILE_CASE(R, 1) CK_TILE_CASE(R, 2) CK_TILE_CASE(R, 3)

// A tile whose shape is known only now; columns tells the number of vectors.
static CK_TARGET void any_tile(size_t rows, size_t k, const float *x, size_t ldx, const float *w, size_t ldw,
                               const float *init, float *out, size_t ldo, size_t columns, ck_activation activation,
                               const char *ahead, size_t step) {
    const size_t vectors = (columns + CK_LANES - 1) / CK_LANES;
    switch (rows * 4 + vectors) {
        CK_TILE_CASES(1) CK_TILE_CASES(2) CK_TILE_CASES(3) CK_TILE_CASES(4)
        CK_TILE_CASES(5) CK_TILE_CASES(6) CK_TILE_CASES(7) CK_TILE_CASES(8)
    }
}

// Rows are taken in groups whose part of x fits the second-level cache together with a panel; within a group every
// panel is read once from memory and then reused by each tile of rows.
static CK_TARGET void matmul(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *packed, float *out,
                             size_t ldo, ck_activation activation) {
    const size_t panel_floats = CK_PANEL * (k + 1);
    size_t group = 65536 / (k ? k : 1) / CK_ROWS * CK_ROWS;
    if (group < CK_ROWS) group = CK_ROWS;
    for (size_t row = 0; row < m; row += group) {
        const size_t end = m - row < group ? m : row + group;
        const size_t tiles = (end - row + CK_ROWS - 1) / CK_ROWS;
        const size_t share = tiles < 3 ? tiles : 3;
        const size_t step = (CK_PANEL * sizeof(float) + share - 1) / share;
        for (size_t column = 0; column < n; column += CK_PANEL) {
            const float *panel = packed + column / CK_PANEL * panel_floats;
            const size_t columns = n - column < CK_PANEL ? n - column : CK_PANEL;
            size_t pass = 0;
            for (size_t i = row; i < end; i += CK_ROWS, pass++) {
                const char *ahead = pass < share ? (const char *)(panel + panel_floats) + pass * step * k : NULL;
                any_tile(end - i < CK_ROWS ? end - i : CK_ROWS, k, x + i * ldx, ldx, panel + CK_PANEL, CK_PANEL, panel,
                         out + i * ldo + column, ldo, columns, activation, ahead, step);
            }
        }
    }
}

static CK_TARGET void add_layer_norm(size_t rows, size_t n, const float *x, const float *residual, const float *gamma,
                                     const float *beta, float eps, float *out) {
    const size_t whole = n / CK_LANES * CK_LANES;
    for (size_t r = 0; r < rows; r++, x += n, residual += n, out += n) {
        ck_vector sums = {0};
        float sum = 0;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector v = load(x + i) + load(residual + i);
            store(out + i, v);
            sums += v;
        }
        for (size_t i = whole; i < n; i++) sum += out[i] = x[i] + residual[i];
        const float mean = (sum_lanes(sums) + sum) / (float)n;
        sums = (ck_vector){0};
        sum = 0;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            const ck_vector v = load(out + i) - mean;
            sums = v * v + sums;
        }
        for (size_t i = whole; i < n; i++) sum += (out[i] - mean) * (out[i] - mean);
        const float scale = 1.0f / sqrtf((sum_lanes(sums) + sum) / (float)n + eps);
        for (size_t i = 0; i < whole; i += CK_LANES)
            store(out + i, (load(out + i) - mean) * scale * load(gamma + i) + load(beta + i));
        for (size_t i = whole; i < n; i++) out[i] = (out[i] - mean) * scale * gamma[i] + beta[i];
    }
}

// x[n] becomes exp(scale · (x − largest)); returns the reciprocal of the sum. x is padded to whole vectors, and the
// padding is filled so that it adds nothing.
CK_INLINE float exponentials(size_t n, float scale, float *x) {
    const size_t padded = (n + CK_LANES - 1) / CK_LANES * CK_LANES;
    for (size_t i = n; i < padded; i++) x[i] = x[0];
    ck_vector maxima = load(x);
    for (size_t i = CK_LANES; i < padded; i += CK_LANES) maxima = CK_MAX(maxima, load(x + i));
    const float largest = max_lanes(maxima);
    for (size_t i = n; i < padded; i++) x[i] = -INFINITY;
    ck_vector sums = {0};
    for (size_t i = 0; i < padded; i += CK_LANES) {
        const ck_vector e = exp_negative((load(x + i) - largest) * scale);
        store(x + i, e);
        sums += e;
    }
    return 1.0f / sum_lanes(sums);
}

static CK_TARGET void softmax(size_t n, float scale, float *x) {
    if (n == 0) return;
    const size_t whole = n / CK_LANES * CK_LANES;
    float largest = x[0];
    for (size_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    ck_vector sums = {0};
    for (size_t i = 0; i < whole; i += CK_LANES) {
        const ck_vector e = exp_negative((load(x + i) - largest) * scale);
        store(x + i, e);
        sums += e;
    }
    if (whole < n) {
        float tail[CK_LANES];
        for (size_t i = 0; i < CK_LANES; i++) tail[i] = whole + i < n ? x[whole + i] : -INFINITY;
        const ck_vector e = exp_negative((load(tail) - largest) * scale);
        sums += e;
        memcpy(x + whole, &e, (n - whole) * sizeof(float));
    }
    const float inverse = 1.0f / sum_lanes(sums);
    for (size_t i = 0; i < n; i++) x[i] *= inverse;
}

// k[t, d] of one head into panels like those of a weight matrix, zeros behind the last key.
CK_INLINE void pack_keys(size_t t, size_t d, const float *k, size_t ld, float *panels) {
    const size_t whole = d / CK_LANES * CK_LANES;
    for (size_t first = 0; first < t; first += CK_PANEL, panels += CK_PANEL * d) {
        for (size_t lane = 0; lane < CK_PANEL; lane += CK_LANES) {
            const size_t begin = first + lane, rows = begin >= t ? 0 : t - begin < CK_LANES ? t - begin : CK_LANES;
            if (rows == 0) break; // no tile reads these vectors
            for (size_t i = 0; i < whole; i += CK_LANES) {
                ck_vector square[CK_LANES];
                for (size_t r = 0; r < CK_LANES; r++)
                    square[r] = r < rows ? load(k + (begin + r) * ld + i) : (ck_vector){0};
                transpose(square);
                for (size_t r = 0; r < CK_LANES; r++) store(panels + (i + r) * CK_PANEL + lane, square[r]);
            }
            for (size_t i = whole; i < d; i++)
                for (size_t r = 0; r < CK_LANES; r++)
                    panels[i * CK_PANEL + lane + r] = r < rows ? k[(begin + r) * ld + i] : 0;
        }
    }
}

// Per head: a tile of queries at a time is scored, normalised and multiplied with v, so that the scores never leave the
// first-level cache for long. The softmax's division waits until after the product, where there is less to divide.
static CK_TARGET void attention(size_t t, size_t heads, size_t first, size_t last, size_t d, const float *qkv,
                                float *out, float *scratch) {
    const size_t hidden = heads * d, ld = 3 * hidden;
    const size_t panels = (t + CK_PANEL - 1) / CK_PANEL, lds = panels * CK_PANEL;
    float *keys = scratch, *scores = scratch + lds * d;
    const float scale = 1.0f / sqrtf((float)d);
    for (size_t head = first; head < last; head++) {
        const float *q = qkv + head * d, *k = q + hidden, *v = k + hidden;
        pack_keys(t, d, k, ld, keys);
        for (size_t row = 0; row < t; row += CK_ROWS) {
            const size_t rows = t - row < CK_ROWS ? t - row : CK_ROWS;
            for (size_t p = 0; p < panels; p++) {
                const size_t left = t - p * CK_PANEL, columns = left < CK_PANEL ? left : CK_PANEL;
                const size_t rounded = (columns + CK_LANES - 1) / CK_LANES * CK_LANES;
                any_tile(rows, d, q + row * ld, ld, keys + p * CK_PANEL * d, CK_PANEL, NULL, scores + p * CK_PANEL, lds,
                         rounded, CK_IDENTITY, NULL, 0);
            }
            float inverses[CK_ROWS];
            for (size_t r = 0; r < rows; r++) inverses[r] = exponentials(t, scale, scores + r * lds);
            float *context = out + row * hidden + head * d;
            for (size_t i = 0; i < d; i += CK_PANEL)
                any_tile(rows, t, scores, lds, v + i, ld, NULL, context + i, hidden, d - i < CK_PANEL ? d - i : CK_PANEL,
                         CK_IDENTITY, NULL, 0);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < d; i++) context[r * hidden + i] *= inverses[r];
        }
    }
}

static CK_TARGET void mean_rows(size_t rows, size_t n, const float *x, float *out) {
    const size_t whole = n / CK_LANES * CK_LANES;
    const float scale = 1.0f / (float)rows;
    for (size_t i = 0; i < whole; i += CK_LANES) {
        ck_vector sum = {0};
        for (size_t r = 0; r < rows; r++) sum += load(x + r * n + i);
        store(out + i, sum * scale);
    }
    for (size_t i = whole; i < n; i++) {
        float sum = 0;
        for (size_t r = 0; r < rows; r++) sum += x[r * n + i];
        out[i] = sum * scale;
    }
}

static CK_TARGET void l2_normalise(size_t n, float *x) {
    const size_t whole = n / CK_LANES * CK_LANES;
    ck_vector sums = {0};
    float sum = 0;
    for (size_t i = 0; i < whole; i += CK_LANES) sums = load(x + i) * load(x + i) + sums;
    for (size_t i = whole; i < n; i++) sum += x[i] * x[i];
    const float norm = sqrtf(sum_lanes(sums) + sum);
    if (norm == 0) return;
    for (size_t i = 0; i < n; i++) x[i] /= norm;
}

static const ck_float_kernels ck_kernels = {
    .set = CK_SET,
    .panel = CK_PANEL,
    .matmul = matmul,
    .add_layer_norm = add_layer_norm,
    .softmax = softmax,
    .attention = attention,
    .mean_rows = mean_rows,
    .l2_normalise = l2_normalise,
};
