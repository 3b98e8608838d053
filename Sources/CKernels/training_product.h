// Matrix products of training, written once over vectors. Included by training_kernels.h.
//
// Weights change with every step, so nothing is packed for long: a product packs one panel of b at a time, uses it for
// all rows of a, and goes on to the next. A transposed a is packed too, some rows at a time.

#define CK_PANEL ((size_t)CK_LANES * CK_VECTORS)
// Rows of a transposed `a` that are packed together, a multiple of every CK_ROWS.
#define CK_BLOCK ((size_t)120)

// One register tile: c[rows, columns] = init + a · panel, panel holding CK_PANEL numbers per step of k, a's element for
// row r and step i being a[r·a_row + i·a_step]. Each result is one chain over k.
CK_INLINE void product_tile(const size_t rows, const size_t vectors, size_t k, const float *a, size_t a_row,
                            size_t a_step, const float *panel, ck_start start, const float *bias, float *c, size_t ldc,
                            size_t columns) {
    ck_vector acc[CK_ROWS][CK_VECTORS];
    float edge[CK_ROWS * CK_PANEL];
    const bool whole = columns == vectors * CK_LANES;
    if (start == CK_START_PREVIOUS && !whole)
        for (size_t r = 0; r < rows; r++) memcpy(edge + r * CK_PANEL, c + r * ldc, columns * sizeof(float));
    if (start == CK_START_BIAS && !whole) memcpy(edge, bias, columns * sizeof(float));
    const float *init = start == CK_START_BIAS ? (whole ? bias : edge) : whole ? c : edge;
    const size_t ldi = start == CK_START_BIAS ? 0 : whole ? ldc : CK_PANEL;
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
            acc[r][v] = start == CK_START_ZERO ? (ck_vector){0} : load(init + r * ldi + v * CK_LANES);
    for (size_t i = 0; i < k; i++) {
        ck_vector b[CK_VECTORS];
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
            b[v] = load(panel + i * CK_PANEL + v * CK_LANES);
        _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++) {
            const float x = a[r * a_row + i * a_step];
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++) acc[r][v] = x * b[v] + acc[r][v];
        }
    }
    float *out = whole ? c : edge;
    const size_t ldo = whole ? ldc : CK_PANEL;
    _Pragma("clang loop unroll(full)") for (size_t r = 0; r < rows; r++)
        _Pragma("clang loop unroll(full)") for (size_t v = 0; v < vectors; v++)
            store(out + r * ldo + v * CK_LANES, acc[r][v]);
    if (!whole)
        for (size_t r = 0; r < rows; r++) memcpy(c + r * ldc, edge + r * CK_PANEL, columns * sizeof(float));
}

#define CK_PRODUCT_CASE(R, V)                                                                                          \
    case (R)*4 + (V):                                                                                                  \
        if ((R) <= CK_ROWS && (V) <= CK_VECTORS) {                                                                     \
            const size_t tile_rows = (R) <= CK_ROWS ? (R) : 1, tile_vectors = (V) <= CK_VECTORS ? (V) : 1;             \
            if (slab)                                                                                                  \
                product_tile(tile_rows, tile_vectors, k, a, 1, CK_ROWS, panel, start, bias, c, ldc, columns);          \
            else                                                                                                       \
                product_tile(tile_rows, tile_vectors, k, a, lda, 1, panel, start, bias, c, ldc, columns);              \
        }                                                                                                              \
        break;
#define CK_PRODUCT_CASES(R) CK_PRODUCT_CASE(R, 1) CK_PRODUCT_CASE(R, 2) CK_PRODUCT_CASE(R, 3)

// A tile whose shape is known only now. In a slab CK_ROWS rows alternate; otherwise rows are lda apart.
static CK_TARGET void any_product_tile(size_t rows, size_t k, const float *a, size_t lda, bool slab, const float *panel,
                                       ck_start start, const float *bias, float *c, size_t ldc, size_t columns) {
    const size_t vectors = (columns + CK_LANES - 1) / CK_LANES;
    switch (rows * 4 + vectors) {
        CK_PRODUCT_CASES(1) CK_PRODUCT_CASES(2) CK_PRODUCT_CASES(3) CK_PRODUCT_CASES(4)
        CK_PRODUCT_CASES(5) CK_PRODUCT_CASES(6) CK_PRODUCT_CASES(7) CK_PRODUCT_CASES(8)
    }
}

// panel[k, CK_PANEL] from b[k, columns], vectors that no tile reads being left out.
CK_INLINE void pack_straight(size_t k, size_t columns, const float *b, size_t ldb, float *panel) {
    if (columns == CK_PANEL) {
        for (size_t i = 0; i < k; i++)
            _Pragma("clang loop unroll(full)") for (size_t v = 0; v < CK_VECTORS; v++)
                store(panel + i * CK_PANEL + v * CK_LANES, load(b + i * ldb + v * CK_LANES));
        return;
    }
    const size_t rounded = (columns + CK_LANES - 1) / CK_LANES * CK_LANES;
    for (size_t i = 0; i < k; i++) {
        for (size_t c = 0; c < columns; c++) panel[i * CK_PANEL + c] = b[i * ldb + c];
        for (size_t c = columns; c < rounded; c++) panel[i * CK_PANEL + c] = 0;
    }
}

// panel[k, CK_PANEL] from b[columns, k].
CK_INLINE void pack_transposed(size_t k, size_t columns, const float *b, size_t ldb, float *panel) {
    const size_t whole = k / CK_LANES * CK_LANES;
    for (size_t lane = 0; lane < columns; lane += CK_LANES) {
        const size_t rows = columns - lane < CK_LANES ? columns - lane : CK_LANES;
        for (size_t i = 0; i < whole; i += CK_LANES) {
            ck_vector square[CK_LANES];
            for (size_t r = 0; r < CK_LANES; r++)
                square[r] = r < rows ? load(b + (lane + r) * ldb + i) : (ck_vector){0};
            transpose(square);
            for (size_t r = 0; r < CK_LANES; r++) store(panel + (i + r) * CK_PANEL + lane, square[r]);
        }
        for (size_t i = whole; i < k; i++)
            for (size_t r = 0; r < CK_LANES; r++)
                panel[i * CK_PANEL + lane + r] = r < rows ? b[(lane + r) * ldb + i] : 0;
    }
}

// Slabs of CK_ROWS rows from a[k, rows]: within a slab the rows' numbers for a step of k lie side by side.
CK_INLINE void pack_slabs(size_t k, size_t rows, const float *a, size_t lda, float *slabs) {
    for (size_t first = 0; first < rows; first += CK_ROWS, slabs += k * CK_ROWS) {
        const size_t width = rows - first < CK_ROWS ? rows - first : CK_ROWS;
        if (width == CK_ROWS) {
            for (size_t i = 0; i < k; i++) memcpy(slabs + i * CK_ROWS, a + i * lda + first, CK_ROWS * sizeof(float));
        } else {
            for (size_t i = 0; i < k; i++) memcpy(slabs + i * CK_ROWS, a + i * lda + first, width * sizeof(float));
        }
    }
}

static CK_TARGET void product(const ck_product *p, float *scratch) {
    const size_t block = p->a_transposed ? CK_BLOCK : p->m;
    float *panel = scratch, *slabs = scratch + CK_PANEL * p->k;
    for (size_t begin = 0; begin < p->m; begin += block) {
        const size_t rows = p->m - begin < block ? p->m - begin : block;
        if (p->a_transposed) pack_slabs(p->k, rows, p->a + begin, p->lda, slabs);
        for (size_t column = 0; column < p->n; column += CK_PANEL) {
            const size_t columns = p->n - column < CK_PANEL ? p->n - column : CK_PANEL;
            if (p->b_transposed)
                pack_transposed(p->k, columns, p->b + column * p->ldb, p->ldb, panel);
            else
                pack_straight(p->k, columns, p->b + column, p->ldb, panel);
            const float *bias = p->bias ? p->bias + column : NULL;
            for (size_t r = 0; r < rows; r += CK_ROWS) {
                const float *a = p->a_transposed ? slabs + r * p->k : p->a + (begin + r) * p->lda;
                any_product_tile(rows - r < CK_ROWS ? rows - r : CK_ROWS, p->k, a, p->lda, p->a_transposed, panel,
                                 p->start, bias, p->c + (begin + r) * p->ldc + column, p->ldc, columns);
            }
        }
    }
}
