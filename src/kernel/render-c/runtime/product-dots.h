// Matrix products with few columns: sums along the inner index.
#pragma once
#include "product-tile.h"

// Few columns and a long inner index, contiguous in both: sums of products along it, four rows at once. Partial sums as
// long as a block are added to c.
EB_INLINE real eb_sum_of_vector(const eb_vector *x) {
  real lanes[EB_LANES];
  memcpy(lanes, x, sizeof lanes);
  for (int64_t half = EB_LANES / 2; half > 0; half /= 2)
    for (int64_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0];
}
EB_INLINE void eb_dots(const int rows, int64_t k, const real *a, int64_t ars, const real *b, real *c, int64_t crs) {
  eb_vector sum[4][2];
  for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = (eb_vector){0};
  int64_t p = 0;
  for (; p + EB_COLUMNS <= k; p += EB_COLUMNS) {
    eb_vector right[2] = {*(const eb_vector *)(b + p), *(const eb_vector *)(b + p + EB_LANES)};
    for (int i = 0; i < rows; i++)
      for (int v = 0; v < 2; v++) sum[i][v] += *(const eb_vector *)(a + i * ars + p + v * EB_LANES) * right[v];
  }
  for (int i = 0; i < rows; i++) {
    sum[i][0] += sum[i][1];
    real total = eb_sum_of_vector(&sum[i][0]);
    for (int64_t q = p; q < k; q++) total += a[i * ars + q] * b[q];
    c[i * crs] += total;
  }
}
EB_NOINLINE void eb_product_dots(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, const real *b,
                                 int64_t bcs, real *c, int64_t crs, int64_t ccs) {
  const int64_t block = 16 * EB_INNER;
  for (int64_t pc = 0; pc < k; pc += block) {
    int64_t inner = k - pc < block ? k - pc : block;
    for (int64_t i = 0; i < m; i += 4)
      for (int64_t j = 0; j < n; j++) {
        const real *left = a + i * ars + pc;
        real *to = c + i * crs + j * ccs;
        if (m - i >= 4)
          eb_dots(4, inner, left, ars, b + j * bcs + pc, to, crs);
        else
          for (int64_t r = 0; r < m - i; r++)
            eb_dots(1, inner, left + r * ars, ars, b + j * bcs + pc, to + r * crs, crs);
      }
  }
}
