// Eigenvalues and vectors of symmetric matrices, batched, in float64: small ones eight at a time, larger ones alone.
// In: a[batch, n, n], read as (a + a')/2. Out: values[batch, n] ascending; vectors[batch, n, n], unit columns, their
// largest entry positive. NaN throughout where an entry is not finite. space: eb_eigh_space doubles.
#pragma once
#include "eigen-large.h"
#include "eigen-small.h"

EB_FN int64_t eb_eigh_space(int64_t batch, int64_t n, int threads) {
  return (eb_in_lanes(batch, n) ? (2 * n * n + n) * EB_LANE_COUNT + n * n : n * n + 2 * n) * threads;
}
// Writes values d and vectors (rows of v) in ascending order and with their sign; `scale` is what the matrix was
// divided by.
EB_NOINLINE void eb_order_eigen(int64_t n, double *v, double *d, double scale, real *values, real *vectors) {
  for (int64_t i = 0; i < n; i++) {
    int64_t smallest = i;
    for (int64_t j = i + 1; j < n; j++)
      if (d[j] < d[smallest]) smallest = j;
    double value = d[smallest];
    d[smallest] = d[i];
    double largest = 0.0;
    for (int64_t r = 0; r < n; r++) {
      double x = v[smallest * n + r];
      v[smallest * n + r] = v[i * n + r];
      v[i * n + r] = x;
      // Entries equal but for rounding do not take turns in deciding.
      if (fabs(x) > fabs(largest) * (1.0 + 1e-12)) largest = x;
    }
    values[i] = (real)(value * scale);
    for (int64_t r = 0; r < n; r++) vectors[r * n + i] = (real)(largest < 0.0 ? -v[i * n + r] : v[i * n + r]);
  }
}
EB_FN void eb_no_eigen(int64_t n, real *values, real *vectors) {
  for (int64_t i = 0; i < n; i++) values[i] = (real)__builtin_nan("");
  for (int64_t e = 0; e < n * n; e++) vectors[e] = (real)__builtin_nan("");
}
// The power of 2 at or below the largest entry, or 1; divided by it, squares neither overflow nor vanish. 0 where one
// is not finite.
EB_FN double eb_eigen_scale(int64_t count, int64_t step, const double *a) {
  double most = 0.0;
  int finite = 1;
  for (int64_t e = 0; e < count; e++) {
    double size = fabs(a[e * step]);
    finite &= size < HUGE_VAL;
    most = size > most ? size : most;
  }
  if (!finite) return 0.0;
  return most < 1e-290 ? (most == 0.0 ? 1.0 : 1e-290) : eb_from_bits_f64(eb_bits_f64(most) & 0x7ff0000000000000u);
}
EB_NOINLINE void eb_eigh_lanes(int64_t n, int64_t count, const real *a, real *values, real *vectors, double *space) {
  eb_lanes *matrix = (eb_lanes *)space;
  eb_lanes *v = matrix + n * n;
  double *rows = space + 2 * n * n * EB_LANE_COUNT;
  double *d = rows + n * n;
  double scale[EB_LANE_COUNT];
  eb_load_symmetric_lanes(a, n, count, matrix);
  for (int64_t w = 0; w < EB_LANE_COUNT; w++) {
    double *lane = space + w;
    scale[w] = eb_eigen_scale(n * n, EB_LANE_COUNT, lane);
    for (int64_t e = 0; e < n * n; e++)
      lane[e * EB_LANE_COUNT] = scale[w] == 0.0 ? 0.0 : lane[e * EB_LANE_COUNT] / scale[w];
  }
  eb_jacobi_lanes(n, matrix, v);
  for (int64_t w = 0; w < count; w++) {
    if (scale[w] == 0.0) {
      eb_no_eigen(n, values + w * n, vectors + w * n * n);
      continue;
    }
    const double *lane = (const double *)v + w;
    for (int64_t e = 0; e < n * n; e++) rows[e] = lane[e * EB_LANE_COUNT];
    for (int64_t i = 0; i < n; i++) d[i] = space[i * (n + 1) * EB_LANE_COUNT + w];
    eb_order_eigen(n, rows, d, scale[w], values + w * n, vectors + w * n * n);
  }
}
EB_NOINLINE void eb_eigh_alone(int64_t n, const real *a, real *values, real *vectors, double *space) {
  double *v = space;
  double *d = v + n * n;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) v[i * n + j] = 0.5 * ((double)a[i * n + j] + (double)a[j * n + i]);
  if (eb_eigen_scale(n * n, 1, v) == 0.0) {
    eb_no_eigen(n, values, vectors);
    return;
  }
  eb_tridiagonalise(n, v, d, d + n);
  eb_implicit_ql(n, v, d, d + n);
  eb_order_eigen(n, v, d, 1.0, values, vectors);
}
EB_FN void eb_eigh(int64_t batch, int64_t n, const real *a, real *values, real *vectors, double *space, int threads) {
  int64_t each = eb_eigh_space(batch, n, 1);
  int in_lanes = eb_in_lanes(batch, n);
  int parts = eb_batch_threads(batch, 10.0 * (double)n * (double)n * (double)n + 8.0, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    double *own = space + part * each;
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      int64_t count = end - k < step ? end - k : step;
      if (in_lanes)
        eb_eigh_lanes(n, count, a + k * n * n, values + k * n, vectors + k * n * n, own);
      else
        eb_eigh_alone(n, a + k * n * n, values + k * n, vectors + k * n * n, own);
    }
  }
}
