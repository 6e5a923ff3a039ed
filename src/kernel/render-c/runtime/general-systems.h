// General linear systems by LU with partial pivoting, batched: the algorithms of src/tensor/host-routines/lu.ts in
// float64. In: batch row-major matrices. Out: written to the last array. space: eb_…_space doubles.
#pragma once
#include "logarithm-f64.h"
#include "rows-f64.h"

// Factors n × n matrices a in place, with `right` columns of x, which see the same exchanges of rows: unit lower below
// the diagonal, upper on and above. Lanes of `singular` are set where a pivot is 0; their numbers mean nothing.
EB_NOINLINE void eb_factor_lu_lanes(int64_t n, int64_t right, eb_lanes *a, eb_lanes *x, eb_lane_mask *singular) {
  for (int64_t c = 0; c < n; c++) {
    eb_lanes best = EB_ABS_LANES(a[c * n + c]);
    eb_lane_mask pivot = {0};
    pivot += c;
    for (int64_t r = c + 1; r < n; r++) {
      eb_lanes size = EB_ABS_LANES(a[r * n + c]);
      eb_lane_mask larger = size > best;
      best = EB_CHOOSE_LANES(larger, size, best);
      pivot = (larger & r) | (~larger & pivot);
    }
    *singular |= best == 0.0;
    for (int64_t r = c + 1; r < n; r++) {
      eb_lane_mask here = pivot == r;
      if (!eb_any_lane(&here)) continue;
      for (int64_t j = 0; j < n; j++) {
        eb_lanes upper = a[c * n + j];
        eb_lanes lower = a[r * n + j];
        a[c * n + j] = EB_CHOOSE_LANES(here, lower, upper);
        a[r * n + j] = EB_CHOOSE_LANES(here, upper, lower);
      }
      for (int64_t j = 0; j < right; j++) {
        eb_lanes upper = x[c * right + j];
        eb_lanes lower = x[r * right + j];
        x[c * right + j] = EB_CHOOSE_LANES(here, lower, upper);
        x[r * right + j] = EB_CHOOSE_LANES(here, upper, lower);
      }
    }
    for (int64_t r = c + 1; r < n; r++) {
      eb_lanes factor = a[r * n + c] / a[c * n + c];
      a[r * n + c] = factor;
      for (int64_t j = c + 1; j < n; j++) a[r * n + j] -= factor * a[c * n + j];
    }
  }
}
// x becomes the solution.
EB_NOINLINE void eb_substitute_lu_lanes(int64_t n, int64_t m, const eb_lanes *lu, eb_lanes *x) {
  for (int64_t r = 0; r < n; r++)
    for (int64_t p = 0; p < r; p++)
      for (int64_t j = 0; j < m; j++) x[r * m + j] -= lu[r * n + p] * x[p * m + j];
  for (int64_t r = n - 1; r >= 0; r--) {
    for (int64_t p = r + 1; p < n; p++)
      for (int64_t j = 0; j < m; j++) x[r * m + j] -= lu[r * n + p] * x[p * m + j];
    for (int64_t j = 0; j < m; j++) x[r * m + j] /= lu[r * n + r];
  }
}

// The same for one matrix: 0 when singular.
EB_NOINLINE int eb_factor_lu(int64_t n, int64_t right, double *a, double *x) {
  for (int64_t c = 0; c < n; c++) {
    int64_t pivot = c;
    for (int64_t r = c + 1; r < n; r++)
      if (fabs(a[r * n + c]) > fabs(a[pivot * n + c])) pivot = r;
    if (a[pivot * n + c] == 0.0) return 0;
    for (int64_t j = 0; pivot != c && j < n; j++) {
      double held = a[c * n + j];
      a[c * n + j] = a[pivot * n + j];
      a[pivot * n + j] = held;
    }
    for (int64_t j = 0; pivot != c && j < right; j++) {
      double held = x[c * right + j];
      x[c * right + j] = x[pivot * right + j];
      x[pivot * right + j] = held;
    }
    for (int64_t r = c + 1; r < n; r++) {
      double factor = a[r * n + c] /= a[c * n + c];
      if (factor != 0.0) eb_subtract_multiple_f64(n - c - 1, factor, a + c * n + c + 1, a + r * n + c + 1);
    }
  }
  return 1;
}
EB_NOINLINE void eb_substitute_lu(int64_t n, int64_t m, const double *lu, double *x) {
  for (int64_t r = 0; r < n; r++) {
    if (m == 1)
      x[r] -= eb_dot_f64(r, lu + r * n, x);
    else
      for (int64_t p = 0; p < r; p++) eb_subtract_multiple_f64(m, lu[r * n + p], x + p * m, x + r * m);
  }
  for (int64_t r = n - 1; r >= 0; r--) {
    if (m == 1)
      x[r] -= eb_dot_f64(n - r - 1, lu + r * n + r + 1, x + r + 1);
    else
      for (int64_t p = r + 1; p < n; p++) eb_subtract_multiple_f64(m, lu[r * n + p], x + p * m, x + r * m);
    for (int64_t j = 0; j < m; j++) x[r * m + j] /= lu[r * n + r];
  }
}

EB_FN int64_t eb_solve_space(int64_t batch, int64_t n, int64_t m, int threads) {
  return (n * n + n * m) * (eb_in_lanes(batch, n > m ? n : m) ? EB_LANE_COUNT : 1) * threads;
}
EB_NOINLINE void eb_solve_lanes(int64_t n, int64_t m, int64_t count, const real *a, const real *b, real *out,
                                eb_lanes *lu) {
  eb_lanes *x = lu + n * n;
  eb_lane_mask singular = {0};
  eb_load_lanes(a, n * n, count, lu);
  if (b != 0) {
    eb_load_lanes(b, n * m, count, x);
  } else {
    for (int64_t e = 0; e < n * n; e++) x[e] = (eb_lanes){0} + (e % (n + 1) == 0 ? 1.0 : 0.0);
  }
  eb_factor_lu_lanes(n, m, lu, x, &singular);
  eb_substitute_lu_lanes(n, m, lu, x);
  eb_store_lanes(x, n * m, count, out);
  for (int64_t w = 0; w < count; w++)
    for (int64_t e = 0; ((const int64_t *)&singular)[w] != 0 && e < n * m; e++)
      out[w * n * m + e] = (real)__builtin_nan("");
}
EB_NOINLINE void eb_solve_alone(int64_t n, int64_t m, const real *a, const real *b, real *out, double *lu) {
  double *x = lu + n * n;
  for (int64_t e = 0; e < n * n; e++) lu[e] = (double)a[e];
  for (int64_t e = 0; e < n * m; e++) x[e] = b != 0 ? (double)b[e] : e % (n + 1) == 0;
  int regular = eb_factor_lu(n, m, lu, x);
  if (regular) eb_substitute_lu(n, m, lu, x);
  for (int64_t e = 0; e < n * m; e++) out[e] = regular ? (real)x[e] : (real)__builtin_nan("");
}
// out[batch, n, m] = a⁻¹ b, a[batch, n, n]; b = 0 stands for the identity (m = n). NaN for a singular a.
EB_FN void eb_solve(int64_t batch, int64_t n, int64_t m, const real *a, const real *b, real *out, double *space,
                    int threads) {
  int64_t each = eb_solve_space(batch, n, m, 1);
  int in_lanes = eb_in_lanes(batch, n > m ? n : m);
  int parts = eb_batch_threads(batch, (double)n * (double)n * (double)(n + m) + 8.0, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    double *own = space + part * each;
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      const real *right = b != 0 ? b + k * n * m : 0;
      if (in_lanes)
        eb_solve_lanes(n, m, end - k < step ? end - k : step, a + k * n * n, right, out + k * n * m, (eb_lanes *)own);
      else
        eb_solve_alone(n, m, a + k * n * n, right, out + k * n * m, own);
    }
  }
}
EB_FN int64_t eb_inverse_space(int64_t batch, int64_t n, int threads) { return eb_solve_space(batch, n, n, threads); }
// out[batch, n, n] = a⁻¹.
EB_FN void eb_inverse(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  eb_solve(batch, n, n, a, 0, out, space, threads);
}

EB_FN int64_t eb_log_abs_det_space(int64_t batch, int64_t n, int threads) {
  return n * n * (eb_in_lanes(batch, n) ? EB_LANE_COUNT : 1) * threads;
}
EB_NOINLINE void eb_log_abs_det_lanes(int64_t n, int64_t count, const real *a, real *out, double *lu) {
  eb_lane_mask singular = {0};
  eb_load_lanes(a, n * n, count, (eb_lanes *)lu);
  eb_factor_lu_lanes(n, 0, (eb_lanes *)lu, 0, &singular);
  double sum[EB_LANE_COUNT] = {0};
  for (int64_t i = 0; i < n; i++) {
    EB_SIMD
    for (int w = 0; w < EB_LANE_COUNT; w++) sum[w] += eb_log_f64(eb_abs_f64(lu[i * (n + 1) * EB_LANE_COUNT + w]));
  }
  for (int64_t w = 0; w < count; w++) out[w] = ((const int64_t *)&singular)[w] != 0 ? (real)-HUGE_VAL : (real)sum[w];
}
// out[batch] = log |det a|; -infinity for a singular a.
EB_FN void eb_log_abs_det(int64_t batch, int64_t n, const real *a, real *out, double *space, int threads) {
  int64_t each = eb_log_abs_det_space(batch, n, 1);
  int in_lanes = eb_in_lanes(batch, n);
  int parts = eb_batch_threads(batch, (double)n * (double)n * (double)n + 8.0, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    double *own = space + part * each;
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      if (in_lanes) {
        eb_log_abs_det_lanes(n, end - k < step ? end - k : step, a + k * n * n, out + k, own);
        continue;
      }
      for (int64_t e = 0; e < n * n; e++) own[e] = (double)a[k * n * n + e];
      double sum = eb_factor_lu(n, 0, own, 0) ? 0.0 : -HUGE_VAL;
      for (int64_t i = 0; i < n; i++) sum += sum > -HUGE_VAL ? log(fabs(own[i * n + i])) : 0.0;
      out[k] = (real)sum;
    }
  }
}
