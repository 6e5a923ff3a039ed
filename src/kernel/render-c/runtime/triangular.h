// Cholesky factors and triangular solves, batched: the algorithms of src/tensor/host-routines/cholesky.ts in float64.
// In: batch row-major matrices. Out: written to the last array. space: eb_…_space doubles.
#pragma once
#include "rows-f64.h"

// Relative to the diagonal, what is left of a pivot whose digits are all rounding of float64.
#define EB_LEAST_PIVOT 1e-13

EB_FN int64_t eb_cholesky_space(int64_t batch, int64_t n, int threads) {
  return n * n * (eb_in_lanes(batch, n) ? EB_LANE_COUNT : 1) * threads;
}
// a becomes its factor, on and below the diagonal; lanes of `bad` are set where it is not positive definite.
EB_NOINLINE void eb_factor_lanes(int64_t n, eb_lanes *a, eb_lane_mask *bad) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j <= i; j++) {
      eb_lanes sum = a[i * n + j];
      for (int64_t p = 0; p < j; p++) sum -= a[i * n + p] * a[j * n + p];
      if (i != j) {
        a[i * n + j] = sum / a[j * n + j];
        continue;
      }
      eb_lane_mask good = sum > EB_LEAST_PIVOT * a[i * n + i];
      *bad |= ~good;
      eb_lanes root = EB_CHOOSE_LANES(good, sum, sum * 0.0 + 1.0);
      eb_sqrt_lanes(&root);
      a[i * n + i] = root;
    }
}
EB_NOINLINE void eb_cholesky_lanes(int64_t n, int64_t count, const real *a, real *out, eb_lanes *l) {
  eb_lane_mask bad = {0};
  eb_load_symmetric_lanes(a, n, count, l);
  eb_factor_lanes(n, l, &bad);
  for (int64_t w = 0; w < count; w++) {
    const double *lane = (const double *)l + w;
    int is_bad = ((const int64_t *)&bad)[w] != 0;
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) {
        real entry = j > i ? 0 : (real)lane[(i * n + j) * EB_LANE_COUNT];
        out[w * n * n + i * n + j] = is_bad ? (real)__builtin_nan("") : entry;
      }
  }
}
EB_NOINLINE void eb_cholesky_alone(int64_t n, const real *a, real *out, double *l) {
  int good = 1;
  for (int64_t i = 0; i < n && good; i++) {
    double *row = l + i * n;
    for (int64_t j = 0; j < i; j++) {
      double sum = 0.5 * ((double)a[i * n + j] + (double)a[j * n + i]);
      row[j] = (sum - eb_dot_f64(j, row, l + j * n)) / l[j * n + j];
    }
    double diagonal = (double)a[i * n + i];
    double rest = diagonal - eb_dot_f64(i, row, row);
    good = rest > EB_LEAST_PIVOT * diagonal;
    row[i] = sqrt(good ? rest : 1.0);
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) out[i * n + j] = good ? (j > i ? 0 : (real)l[i * n + j]) : (real)__builtin_nan("");
}
// out[batch, n, n] = L lower with a = L L'; a is read as (a + a')/2; NaN throughout where it is not positive definite.
EB_FN void eb_cholesky(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  int64_t each = eb_cholesky_space(batch, n, 1);
  int in_lanes = eb_in_lanes(batch, n);
  int parts = eb_batch_threads(batch, (double)n * (double)n * (double)(n + 4) / 3.0, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    double *own = space + part * each;
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      int64_t count = end - k < step ? end - k : step;
      if (in_lanes)
        eb_cholesky_lanes(n, count, a + k * n * n, out + k * n * n, (eb_lanes *)own);
      else
        eb_cholesky_alone(n, a + k * n * n, out + k * n * n, own);
    }
  }
}

EB_FN int64_t eb_triangular_solve_space(int64_t batch, int64_t n, int64_t m, int threads) {
  return (eb_in_lanes(batch, n > m ? n : m) ? (n * n + n * m) * EB_LANE_COUNT : n * m + n) * threads;
}
EB_NOINLINE void eb_triangular_lanes(int64_t n, int64_t m, int transposed, const eb_lanes *l, eb_lanes *x) {
  for (int64_t step = 0; step < n; step++) {
    int64_t i = transposed ? n - 1 - step : step;
    for (int64_t j = 0; j < m; j++) {
      eb_lanes sum = x[i * m + j];
      if (transposed)
        for (int64_t p = i + 1; p < n; p++) sum -= l[p * n + i] * x[p * m + j];
      else
        for (int64_t p = 0; p < i; p++) sum -= l[i * n + p] * x[p * m + j];
      x[i * m + j] = sum / l[i * n + i];
    }
  }
}
// `row` has room for one row of l.
EB_NOINLINE void eb_triangular_alone(int64_t n, int64_t m, int transposed, const real *l, const real *b, real *out,
                                     double *x, double *row) {
  for (int64_t e = 0; e < n * m; e++) x[e] = (double)b[e];
  for (int64_t step = 0; step < n; step++) {
    int64_t i = transposed ? n - 1 - step : step;
    double *here = x + i * m;
    double diagonal = (double)l[i * n + i];
    for (int64_t p = 0; p < i; p++) row[p] = (double)l[i * n + p];
    // One right side: along rows of l, which are contiguous. More: along rows of x.
    if (!transposed && m == 1) {
      here[0] = (here[0] - eb_dot_f64(i, row, x)) / diagonal;
      continue;
    }
    if (!transposed)
      for (int64_t p = 0; p < i; p++) eb_subtract_multiple_f64(m, row[p], x + p * m, here);
    for (int64_t j = 0; j < m; j++) here[j] /= diagonal;
    if (transposed && m == 1) eb_subtract_multiple_f64(i, here[0], row, x);
    if (transposed && m > 1)
      for (int64_t p = 0; p < i; p++) eb_subtract_multiple_f64(m, row[p], here, x + p * m);
  }
  for (int64_t e = 0; e < n * m; e++) out[e] = (real)x[e];
}
EB_FN void eb_triangular(int64_t batch, int64_t n, int64_t m, int transposed, const real *l, const real *b, real *out,
                         double *space, int threads) {
  int64_t each = eb_triangular_solve_space(batch, n, m, 1);
  int in_lanes = eb_in_lanes(batch, n > m ? n : m);
  int parts = eb_batch_threads(batch, (double)n * (double)n * (double)m + 8.0, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    double *own = space + part * each;
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      int64_t count = end - k < step ? end - k : step;
      if (!in_lanes) {
        eb_triangular_alone(n, m, transposed, l + k * n * n, b + k * n * m, out + k * n * m, own, own + n * m);
        continue;
      }
      eb_lanes *factor = (eb_lanes *)own;
      eb_lanes *x = factor + n * n;
      eb_load_lanes(l + k * n * n, n * n, count, factor);
      eb_load_lanes(b + k * n * m, n * m, count, x);
      eb_triangular_lanes(n, m, transposed, factor, x);
      eb_store_lanes(x, n * m, count, out + k * n * m);
    }
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
