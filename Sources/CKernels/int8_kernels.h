// The int8 kernels, written once over vectors and compiled per kernel set.
//
// The including file defines what vectors.h needs, and
//   CK_ROWS, CK_VECTORS  the register tile, as in float_kernels.h
//   CK_WEIGHT_LIMIT      largest magnitude of a packed weight
//   CK_SIGNED            1 when CK_DOT wants its activations as signed bytes
//   CK_DOT(sum, a, w)    adds to every 32-bit lane of `sum` the product of the four activation bytes in that lane of
//                        `a` with the four weight bytes in that lane of `w`
// and gets `static const ck_int8_kernels ck_kernels`.

#include "vectors.h"

#define CK_PANEL ((size_t)CK_LANES * CK_VECTORS)
// Bytes of the float32 numbers at the beginning of a panel.
#define CK_HEAD (CK_PANEL * (3 + CK_EXACT_COLUMNS) * sizeof(float))

typedef uint8_t ck_bytes __attribute__((vector_size(CK_LANES)));
typedef int32_t ck_unaligned_integers __attribute__((vector_size(CK_LANES * 4), aligned(4), may_alias));

CK_INLINE ck_integers load_integers(const void *p) { return *(const ck_unaligned_integers *)p; }

CK_INLINE ck_integers splat_quad(const uint8_t *p) {
    int32_t quad;
    memcpy(&quad, p, sizeof quad);
    return quad - (ck_integers){0};
}

// x·Φ(x) to 2e-4, far below the step of the bytes that it becomes: the fraction of `gelu` as a polynomial, fitted in the
// same way for |x| ≤ 3.9 and scaled so that it ends at ±1/2.
CK_INLINE ck_vector coarse_gelu(ck_vector x) {
    const ck_vector z = CK_MAX(CK_MIN(x, splat(3.9f)), splat(-3.9f));
    const ck_vector u = z * z;
    ck_vector p = u * 0x1.c359d6p-26f + -0x1.db4644p-20f;
    p = p * u + 0x1.add1b4p-15f;
    p = p * u + -0x1.bac70ep-11f;
    p = p * u + 0x1.2417f8p-7f;
    p = p * u + -0x1.09b62p-4f;
    p = p * u + 0x1.97a622p-2f;
    return x * (z * p + 0.5f);
}

// One register tile of bytes. A result is an exact integer sum, then
//   scale[n]·range.scale·sum + (sums[n]·range.low + bias[n]) + the products of the exact columns.
CK_INLINE void tile(const size_t rows, const size_t vectors, size_t quads, const uint8_t *q, size_t ldq,
                    const ck_range *ranges, const uint8_t *panel, float *out, size_t ldo, size_t columns,
                    ck_activation activation, const char *ahead, size_t step) {
    const float *scale = (const float *)(const void *)panel, *sums = scale + CK_PANEL, *bias = sums + CK_PANEL;
    const float *exact = bias + CK_PANEL;
    const uint8_t *w = panel + CK_HEAD;
    ck_integers acc[CK_ROWS][CK_VECTORS];
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) acc[r][v] = (ck_integers){0};
    for (size_t i = 0; i < quads; i++) {
        ck_integers b[CK_VECTORS];
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) b[v] =
            load_integers(w + (i * CK_PANEL + v * CK_LANES) * 4);
        if (ahead) {
            __builtin_prefetch(ahead + i * step, 0, 3);
            if (step > 64) __builtin_prefetch(ahead + i * step + 64, 0, 3);
        }
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++) {
            const ck_integers a = splat_quad(q + r * ldq + i * 4);
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) acc[r][v] =
                CK_DOT(acc[r][v], a, b[v]);
        }
    }
    float part[CK_ROWS * CK_PANEL];
    float *target = columns == vectors * CK_LANES ? out : part;
    const size_t ldt = columns == vectors * CK_LANES ? ldo : CK_PANEL;
    _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) {
        const ck_vector vs = load(scale + v * CK_LANES), vt = load(sums + v * CK_LANES), vb = load(bias + v * CK_LANES);
        ck_vector ve[CK_EXACT_COLUMNS];
        _Pragma("clang loop unroll(full)") for (size_t c = 0; c < CK_EXACT_COLUMNS; c++) ve[c] =
            load(exact + c * CK_PANEL + v * CK_LANES);
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++) {
            const ck_vector sum = __builtin_convertvector(acc[r][v], ck_vector);
            ck_vector y = sum * (vs * ranges[r].scale) + (vt * ranges[r].low + vb);
            _Pragma("clang loop unroll(full)") for (size_t c = 0; c < CK_EXACT_COLUMNS; c++) y =
                ranges[r].exact[c] * ve[c] + y;
            if (activation == CK_GELU) y = coarse_gelu(y);
            store(target + r * ldt + v * CK_LANES, y);
        }
    }
    if (target == part)
        for (size_t r = 0; r < rows; r++) memcpy(out + r * ldo, part + r * CK_PANEL, columns * sizeof(float));
}

#define CK_TILE_CASE(R, V)                                                                                             \
    case (R)*4 + (V):                                                                                                  \
        if ((R) <= CK_ROWS && (V) <= CK_VECTORS)                                                                       \
            tile((R) <= CK_ROWS ? (R) : 1, (V) <= CK_VECTORS ? (V) : 1, quads, q, ldq, ranges, panel, out, ldo,        \
                 columns, activation, ahead, step);                                                                    \
        break;
#define CK_TILE_CASES(R) CK_TILE_CASE(R, 1) CK_TILE_CASE(R, 2) CK_TILE_CASE(R, 3)

static CK_TARGET void any_tile(size_t rows, size_t quads, const uint8_t *q, size_t ldq, const ck_range *ranges,
                               const uint8_t *panel, float *out, size_t ldo, size_t columns, ck_activation activation,
                               const char *ahead, size_t step) {
    const size_t vectors = (columns + CK_LANES - 1) / CK_LANES;
    switch (rows * 4 + vectors) {
        CK_TILE_CASES(1) CK_TILE_CASES(2) CK_TILE_CASES(3) CK_TILE_CASES(4)
        CK_TILE_CASES(5) CK_TILE_CASES(6) CK_TILE_CASES(7) CK_TILE_CASES(8)
    }
}

static CK_TARGET void matmul(size_t m, size_t n, size_t k, const uint8_t *q, size_t ldq, const ck_range *ranges,
                             const uint8_t *packed, float *out, size_t ldo, ck_activation activation) {
    const size_t quads = (k + 3) / 4, panel_bytes = CK_HEAD + CK_PANEL * quads * 4;
    size_t group = 262144 / (quads ? quads * 4 : 1) / CK_ROWS * CK_ROWS;
    if (group < CK_ROWS) group = CK_ROWS;
    for (size_t row = 0; row < m; row += group) {
        const size_t end = m - row < group ? m : row + group;
        const size_t tiles = (end - row + CK_ROWS - 1) / CK_ROWS;
        const size_t share = tiles < 3 ? tiles : 3;
        const size_t step = (CK_PANEL * 4 + share - 1) / share;
        for (size_t column = 0; column < n; column += CK_PANEL) {
            const uint8_t *panel = packed + column / CK_PANEL * panel_bytes;
            const size_t columns = n - column < CK_PANEL ? n - column : CK_PANEL;
            size_t pass = 0;
            for (size_t i = row; i < end; i += CK_ROWS, pass++) {
                const char *ahead = pass < share ? (const char *)panel + panel_bytes + pass * step * quads : NULL;
                any_tile(end - i < CK_ROWS ? end - i : CK_ROWS, quads, q + i * ldq, ldq, ranges + i, panel,
                         out + i * ldo + column, ldo, columns, activation, ahead, step);
            }
        }
    }
}

// q = round((x − low) / scale) with low the row's minimum and scale a 255th of its spread.
CK_INLINE void quantise_row(size_t n, const float *x, float low, float high, uint8_t *q, size_t ldq, ck_range *range) {
    const size_t whole = n / CK_LANES * CK_LANES;
    const float inverse = high > low ? 255.0f / (high - low) : 0;
    for (size_t i = 0; i < whole; i += CK_LANES) {
        const ck_integers v = __builtin_convertvector((load(x + i) - low) * inverse + 0.5f, ck_integers);
        ck_bytes bytes = __builtin_convertvector(v, ck_bytes);
        if (CK_SIGNED) bytes ^= 0x80;
        memcpy(q + i, &bytes, sizeof bytes);
    }
    for (size_t i = whole; i < n; i++) {
        const uint8_t byte = (uint8_t)((x[i] - low) * inverse + 0.5f);
        q[i] = CK_SIGNED ? byte ^ 0x80 : byte;
    }
    memset(q + n, 0, ldq - n);
    range->scale = (high - low) * (1.0f / 255.0f);
    range->low = CK_SIGNED ? low + 128 * range->scale : low;
}

CK_INLINE float min_lanes(ck_vector v) { return -max_lanes(-v); }

// The exact columns are taken out of the row while it is turned into bytes.
static CK_TARGET void quantise(size_t rows, size_t n, float *x, const uint32_t *columns, uint8_t *q, size_t ldq,
                               ck_range *ranges) {
    const size_t whole = n / CK_LANES * CK_LANES;
    for (size_t r = 0; r < rows; r++, x += n, q += ldq) {
        for (size_t c = 0; c < CK_EXACT_COLUMNS; c++) ranges[r].exact[c] = columns ? x[columns[c]] : 0;
        for (size_t c = 0; columns && c < CK_EXACT_COLUMNS; c++) x[columns[c]] = 0;
        float low = x[0], high = x[0];
        if (whole) {
            ck_vector lows = load(x), highs = lows;
            for (size_t i = CK_LANES; i < whole; i += CK_LANES) {
                const ck_vector v = load(x + i);
                lows = CK_MIN(lows, v);
                highs = CK_MAX(highs, v);
            }
            low = min_lanes(lows);
            high = max_lanes(highs);
        }
        for (size_t i = whole; i < n; i++) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
        quantise_row(n, x, low, high, q, ldq, ranges + r);
        for (size_t c = 0; columns && c < CK_EXACT_COLUMNS; c++) x[columns[c]] = ranges[r].exact[c];
    }
}

static const ck_int8_kernels ck_kernels = {
    .set = CK_SET,
    .panel = CK_PANEL,
    .weight_limit = CK_WEIGHT_LIMIT,
    .matmul = matmul,
    .quantise = quantise,
};
