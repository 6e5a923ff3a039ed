// General linear systems by LU with partial pivoting, batched: the algorithms of src/tensor/host-routines/lu.ts in float64.
// In: batch row-major matrices. Out: written to the last arguments. space: eb_…_space doubles.
#pragma once
#include "real.h"

// Factors one n × n matrix in place: unit lower below the diagonal, upper on and above. `order` gets which row of the matrix
// went where. 0 when singular.
EB_FN int eb_factor_lu(int64_t n, double *a, double *order) {
  for (int64_t i = 0; i < n; i++) order[i] = (double)i;
  for (int64_t c = 0; c < n; c++) {
    int64_t pivot = c;
    for (int64_t r = c + 1; r < n; r++)
      if (fabs(a[r * n + c]) > fabs(a[pivot * n + c])) pivot = r;
    if (a[pivot * n + c] == 0.0) return 0;
    if (pivot != c) {
      for (int64_t j = 0; j < n; j++) {
        double held = a[c * n + j];
        a[c * n + j] = a[pivot * n + j];
        a[pivot * n + j] = held;
      }
      double held = order[c];
      order[c] = order[pivot];
      order[pivot] = held;
    }
    for (int64_t r = c + 1; r < n; r++) {
      double factor = a[r * n + c] /= a[c * n + c];
      if (factor != 0.0)
        for (int64_t j = c + 1; j < n; j++) a[r * n + j] -= factor * a[c * n + j];
    }
  }
  return 1;
}

EB_FN int64_t eb_solve_space(int64_t batch, int64_t n, int64_t m, int threads) {
  (void)batch;
  return (n * n + n + n * m) * threads;
}
// out[batch, n, m] = a⁻¹ b, a[batch, n, n]; b = 0 stands for the identity (m = n). NaN for a singular a.
EB_FN void eb_solve(int64_t batch, int64_t n, int64_t m, const real *a, const real *b, real *out, double *space,
                    int threads) {
  (void)threads;
  double *lu = space;
  double *order = lu + n * n;
  double *x = order + n;
  for (int64_t k = 0; k < batch; k++, a += n * n, out += n * m) {
    for (int64_t i = 0; i < n * n; i++) lu[i] = (double)a[i];
    if (!eb_factor_lu(n, lu, order)) {
      for (int64_t i = 0; i < n * m; i++) out[i] = (real)__builtin_nan("");
      continue;
    }
    for (int64_t r = 0; r < n; r++) {
      int64_t from = (int64_t)order[r];
      for (int64_t j = 0; j < m; j++) x[r * m + j] = b != 0 ? (double)b[(k * n + from) * m + j] : from == j;
    }
    for (int64_t r = 0; r < n; r++)
      for (int64_t p = 0; p < r; p++)
        for (int64_t j = 0; j < m; j++) x[r * m + j] -= lu[r * n + p] * x[p * m + j];
    for (int64_t r = n - 1; r >= 0; r--) {
      for (int64_t p = r + 1; p < n; p++)
        for (int64_t j = 0; j < m; j++) x[r * m + j] -= lu[r * n + p] * x[p * m + j];
      for (int64_t j = 0; j < m; j++) x[r * m + j] /= lu[r * n + r];
    }
    for (int64_t i = 0; i < n * m; i++) out[i] = (real)x[i];
  }
}
EB_FN int64_t eb_inverse_space(int64_t batch, int64_t n, int threads) { return eb_solve_space(batch, n, n, threads); }
// out[batch, n, n] = a⁻¹.
EB_FN void eb_inverse(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  eb_solve(batch, n, n, a, 0, out, space, threads);
}
EB_FN int64_t eb_log_abs_det_space(int64_t batch, int64_t n, int threads) {
  (void)batch;
  return (n * n + n) * threads;
}
// out[batch] = log |det a|; -infinity for a singular a.
EB_FN void eb_log_abs_det(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  (void)threads;
  for (int64_t k = 0; k < batch; k++, a += n * n) {
    for (int64_t i = 0; i < n * n; i++) space[i] = (double)a[i];
    if (!eb_factor_lu(n, space, space + n * n)) {
      out[k] = (real)-HUGE_VAL;
      continue;
    }
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += log(fabs(space[i * n + i]));
    out[k] = (real)sum;
  }
}
