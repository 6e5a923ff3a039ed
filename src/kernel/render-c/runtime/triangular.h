// Cholesky factors and triangular solves, batched: the algorithms of src/tensor/host-routines/cholesky.ts in float64.
// In: batch row-major matrices. Out: written to the last arguments. space: eb_…_space doubles.
#pragma once
#include "real.h"

// Relative to the diagonal, what is left of a pivot whose digits are all rounding of float64.
#define EB_LEAST_PIVOT 1e-13

EB_FN int64_t eb_cholesky_space(int64_t batch, int64_t n, int threads) {
  (void)batch;
  return n * n * threads;
}
// out[batch, n, n] = L lower with a = L L'; a is read as (a + a')/2; NaN throughout where it is not positive definite.
EB_FN void eb_cholesky(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  (void)threads;
  for (int64_t k = 0; k < batch; k++, a += n * n, out += n * n) {
    int good = 1;
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = 0; j <= i; j++) {
        double sum = 0.5 * ((double)a[i * n + j] + (double)a[j * n + i]);
        for (int64_t p = 0; p < j; p++) sum -= space[i * n + p] * space[j * n + p];
        if (i == j) {
          good &= sum > EB_LEAST_PIVOT * (double)a[i * n + i];
          space[i * n + i] = sqrt(good ? sum : 1.0);
        } else {
          space[i * n + j] = sum / space[j * n + j];
        }
      }
    }
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) out[i * n + j] = good ? (j > i ? 0 : (real)space[i * n + j]) : (real)__builtin_nan("");
  }
}

EB_FN int64_t eb_triangular_solve_space(int64_t batch, int64_t n, int64_t m, int threads) {
  (void)batch;
  return n * m * threads;
}
EB_FN void eb_triangular(int64_t batch, int64_t n, int64_t m, int transposed, const real *l, const real *b, real *out,
                         double *space, int threads) {
  (void)threads;
  for (int64_t k = 0; k < batch; k++, l += n * n, b += n * m, out += n * m) {
    for (int64_t i = 0; i < n * m; i++) space[i] = (double)b[i];
    for (int64_t step = 0; step < n; step++) {
      int64_t i = transposed ? n - 1 - step : step;
      for (int64_t p = transposed ? i + 1 : 0; p < (transposed ? n : i); p++) {
        double factor = (double)(transposed ? l[p * n + i] : l[i * n + p]);
        for (int64_t j = 0; j < m; j++) space[i * m + j] -= factor * space[p * m + j];
      }
      for (int64_t j = 0; j < m; j++) space[i * m + j] /= (double)l[i * n + i];
    }
    for (int64_t i = 0; i < n * m; i++) out[i] = (real)space[i];
  }
}
// out[batch, n, m] = l⁻¹ b, l[batch, n, n] lower, b[batch, n, m].
EB_FN void eb_triangular_solve(int64_t batch, int64_t n, int64_t m, const real *l, const real *b, real *out,
                               double *space, int threads) {
  eb_triangular(batch, n, m, 0, l, b, out, space, threads);
}
EB_FN int64_t eb_triangular_solve_transposed_space(int64_t batch, int64_t n, int64_t m, int threads) {
  return eb_triangular_solve_space(batch, n, m, threads);
}
// out = l⁻ᵀ b.
EB_FN void eb_triangular_solve_transposed(int64_t batch, int64_t n, int64_t m, const real *l, const real *b, real *out,
                                          double *space, int threads) {
  eb_triangular(batch, n, m, 1, l, b, out, space, threads);
}
