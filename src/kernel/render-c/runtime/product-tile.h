// The register-blocked kernel of matrix products: a tile of c whose sums stay in vector registers. Chosen by what the
// processor has: 8 rows of 2 vectors with AVX-512, 6 with AVX, 4 else.
#pragma once
#include "real.h"

#if defined(__AVX512F__)
#define EB_VECTOR_BYTES 64
#define EB_ROWS 8
#elif defined(__AVX__)
#define EB_VECTOR_BYTES 32
#define EB_ROWS 6
#else
#define EB_VECTOR_BYTES 16
#define EB_ROWS 4
#endif
#define EB_LANES (EB_VECTOR_BYTES / (int64_t)sizeof(real))
#define EB_COLUMNS (2 * EB_LANES)
// Terms of a sum that are added before they are added to c.
#define EB_INNER 256

// Aligned as a real is: any place of a row may be loaded.
typedef real eb_vector __attribute__((vector_size(EB_VECTOR_BYTES), aligned(sizeof(real)), may_alias));

// c[rows, vectors · EB_LANES] (+)= a[rows, k] b[k, …]: `rows` and `vectors` are constants where this is inlined, and
// all sums stay in registers. Columns of b and c are contiguous.
EB_INLINE void eb_tile(const int rows, const int vectors, int64_t k, const real *a, int64_t ars, int64_t acs,
                       const real *b, int64_t brs, real *c, int64_t crs, int accumulate) {
  eb_vector sum[EB_ROWS][2];
  const real *row[EB_ROWS];
  for (int i = 0; i < rows; i++) {
    row[i] = a + i * ars;
    for (int v = 0; v < vectors; v++) sum[i][v] = (eb_vector){0};
  }
  int64_t at = 0;
  for (int64_t p = 0; p < k; p++, at += acs, b += brs) {
    eb_vector right[2];
    for (int v = 0; v < vectors; v++) right[v] = *(const eb_vector *)(b + v * EB_LANES);
    for (int i = 0; i < rows; i++) {
      real left = row[i][at];
      for (int v = 0; v < vectors; v++) sum[i][v] += left * right[v];
    }
  }
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++) {
      eb_vector *to = (eb_vector *)(c + i * crs + v * EB_LANES);
      if (accumulate) sum[i][v] += *to;
      *to = sum[i][v];
    }
}

#define EB_TILE(rows, vectors)                                                                                   \
  EB_NOINLINE void eb_tile_##rows##_##vectors(int64_t k, const real *a, int64_t ars, int64_t acs, const real *b, \
                                              int64_t brs, real *c, int64_t crs, int accumulate) {               \
    eb_tile(rows, vectors, k, a, ars, acs, b, brs, c, crs, accumulate);                                          \
  }
EB_TILE(1, 1)
EB_TILE(1, 2)
EB_TILE(2, 1)
EB_TILE(2, 2)
EB_TILE(4, 1)
EB_TILE(4, 2)
#if EB_ROWS == 8
EB_TILE(8, 1)
EB_TILE(8, 2)
#elif EB_ROWS == 6
EB_TILE(6, 1)
EB_TILE(6, 2)
#endif

// As many of `rows` rows as one tile takes; returns how many.
EB_FN int64_t eb_tile_rows(int64_t rows, int64_t columns, int64_t k, const real *a, int64_t ars, int64_t acs,
                           const real *b, int64_t brs, real *c, int64_t crs, int accumulate) {
#define EB_TAKE(count)                                                 \
  if (rows >= count) {                                                 \
    if (columns > EB_LANES)                                            \
      eb_tile_##count##_2(k, a, ars, acs, b, brs, c, crs, accumulate); \
    else                                                               \
      eb_tile_##count##_1(k, a, ars, acs, b, brs, c, crs, accumulate); \
    return count;                                                      \
  }
#if EB_ROWS == 8
  EB_TAKE(8)
#elif EB_ROWS == 6
  EB_TAKE(6)
#endif
  EB_TAKE(4)
  EB_TAKE(2)
  EB_TAKE(1)
#undef EB_TAKE
  return 1;
}
