// Token vectors in 2 bits a number, and the late interaction of two token sequences (O. Khattab, M. Zaharia, ColBERT,
// 2020): how well each token of one finds its like in the other.
#ifndef CKTOKENS_H
#define CKTOKENS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Numbers of a token vector are packed in groups of this many.
#define CK_TOKEN_GROUP 64

/// Bytes of one packed vector of `dimension` numbers: 2 bits each, padded to whole groups, and a scale of 16 bits.
static inline size_t ck_token_bytes(size_t dimension) {
    return (dimension + CK_TOKEN_GROUP - 1) / CK_TOKEN_GROUP * (CK_TOKEN_GROUP / 4) + sizeof(uint16_t);
}

/// Bytes of one query vector: a byte a number, padded to whole groups.
static inline size_t ck_query_bytes(size_t dimension) {
    return (dimension + CK_TOKEN_GROUP - 1) / CK_TOKEN_GROUP * CK_TOKEN_GROUP;
}

/// Packs x[dimension], of L2 norm 1, into `packed` (`ck_token_bytes`): each number becomes -3, -1, 1 or 3 steps. The step is
/// chosen for the largest cosine between what was packed and `x`, the scale so that their product is 1: a product with another vector is then neither too large nor too
/// small on average (J. Gao, C. Long, RaBitQ, 2024).
void ck_token_pack(size_t dimension, const float *x, uint8_t *packed);

/// Quantises x[dimension], of L2 norm 1, into signed bytes at `query` (`ck_query_bytes`); returns what they are multiplied
/// by. `sum` receives 3 · Σ of the bytes, which `ck_token_products` takes off.
float ck_query_pack(size_t dimension, const float *x, int8_t *query, int32_t *sum);

/// What was packed, x[dimension].
void ck_token_unpack(size_t dimension, const uint8_t *packed, float *x);

/// out[tokens, queries] = the products of packed vectors with query vectors: cosines, when both have norm 1. `dimension` is at most
/// 4,096.
void ck_token_products(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query,
                       const float *scales, const int32_t *sums, float *out);

/// The same, number by number; gives the same bits.
void ck_token_products_portable(size_t dimension, size_t tokens, const uint8_t *packed, size_t queries, const int8_t *query,
                                const float *scales, const int32_t *sums, float *out);

/// The late interaction of two sequences with the similarities s[tokens, queries]:
/// ½ · mean over queries of the largest over tokens + ½ · mean over tokens of the largest over queries.
/// With more than `window` queries it is the largest over windows of so many that begin `step` apart, the last of which ends at the end.
/// 0 when either is empty. `scratch` holds `queries` numbers.
float ck_late_interaction(size_t tokens, size_t queries, const float *s, size_t window, size_t step, float *scratch);

#pragma clang assume_nonnull end

#endif
