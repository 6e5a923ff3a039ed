// Symmetric positive definite block-tridiagonal systems, batched, in float64: block elimination forwards, then back
// substitution with the selected inverse, as src/tensor/host-routines/block-tridiagonal.ts. In: diagonal[batch, steps,
// d, d] (read as (D + D')/2), below[batch, steps, d, d] (below[0] is ignored), right[batch, steps, d]. Out: x[batch,
// steps, d] = A⁻¹ right, log_det[batch], covariance[…, t] = (A⁻¹)[t, t], cross[…, t] = (A⁻¹)[t, t-1] (0 at t = 0). NaN
// where not positive definite, or a pivot is below EB_LEAST_PIVOT of its diagonal entry. space:
// eb_block_tridiagonal_space doubles.
#pragma once
#include "block-tridiagonal-lanes.h"

// out (+)= scale · a b of d × d blocks; element (i, j) of a is a[i * ars + j * acs].
EB_NOINLINE void eb_multiply_block(int64_t d, const double *a, int64_t ars, int64_t acs, const double *b, int64_t brs,
                                   int64_t bcs, double *out, double scale, int accumulate) {
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      double sum = 0.0;
      for (int64_t p = 0; p < d; p++) sum += a[i * ars + p * acs] * b[p * brs + j * bcs];
      out[i * d + j] = (accumulate ? out[i * d + j] : 0.0) + scale * sum;
    }
}
// out = a⁻¹ of a positive definite block, l its factor; returns log det, NaN where it is not. `scale` is what pivots
// are measured by.
EB_NOINLINE double eb_invert_positive(int64_t d, const double *a, const real *scale, double *out, double *l,
                                      double *column) {
  double log_det = 0.0;
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j <= i; j++) {
      double sum = 0.5 * (a[i * d + j] + a[j * d + i]);
      for (int64_t p = 0; p < j; p++) sum -= l[i * d + p] * l[j * d + p];
      if (i != j) {
        l[i * d + j] = sum / l[j * d + j];
      } else {
        l[i * d + i] = sum > EB_LEAST_PIVOT * (double)scale[i * d + i] ? sqrt(sum) : __builtin_nan("");
        log_det += 2.0 * log(l[i * d + i]);
      }
    }
  for (int64_t c = 0; c < d; c++) {
    for (int64_t i = 0; i < d; i++) {
      double sum = i == c ? 1.0 : 0.0;
      for (int64_t p = 0; p < i; p++) sum -= l[i * d + p] * column[p];
      column[i] = sum / l[i * d + i];
    }
    for (int64_t i = d - 1; i >= 0; i--) {
      double sum = column[i];
      for (int64_t p = i + 1; p < d; p++) sum -= l[p * d + i] * column[p];
      column[i] = sum / l[i * d + i];
    }
    for (int64_t i = 0; i < d; i++) out[i * d + c] = column[i];
  }
  return log_det;
}

EB_FN int64_t eb_block_tridiagonal_alone_space(int64_t steps, int64_t d) {
  return 2 * steps * d * d + steps * d + 4 * d * d + d;
}
EB_NOINLINE void eb_block_tridiagonal_alone(int64_t steps, int64_t d, const real *diagonal, const real *below,
                                            const real *right, real *x, real *log_det, real *covariance, real *cross,
                                            double *space) {
  int64_t square = d * d;
  // Per step: the inverse of S[t] = D[t] - E[t] S[t-1]⁻¹ E[t]', the gain G[t] = E[t] S[t-1]⁻¹, the right side.
  double *inverses = space;
  double *gains = inverses + steps * square;
  double *sides = gains + steps * square;
  double *schur = sides + steps * d;
  double *block = schur + square;
  double *other = block + square;
  double *factor = other + square;
  double *column = factor + square;
  double sum = 0.0;
  for (int64_t t = 0; t < steps; t++) {
    const real *here = diagonal + t * square;
    double *side = sides + t * d;
    for (int64_t i = 0; i < d; i++) {
      for (int64_t j = 0; j < d; j++) schur[i * d + j] = 0.5 * ((double)here[i * d + j] + (double)here[j * d + i]);
      side[i] = (double)right[t * d + i];
    }
    if (t > 0) {
      double *gain = gains + t * square;
      for (int64_t e = 0; e < square; e++) block[e] = (double)below[t * square + e];
      eb_multiply_block(d, block, d, 1, inverses + (t - 1) * square, d, 1, gain, 1.0, 0);
      eb_multiply_block(d, gain, d, 1, block, 1, d, schur, -1.0, 1);
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j < d; j++) side[i] -= gain[i * d + j] * side[j - d];
    }
    sum += eb_invert_positive(d, schur, here, inverses + t * square, factor, column);
  }
  *log_det = (real)sum;
  // `block` is the covariance of the step after, `schur` that of this one.
  for (int64_t t = steps - 1; t >= 0; t--) {
    double *side = sides + t * d;
    const double *inverse = inverses + t * square;
    for (int64_t i = 0; i < d; i++) {
      column[i] = 0.0;
      for (int64_t j = 0; j < d; j++) column[i] += inverse[i * d + j] * side[j];
    }
    for (int64_t e = 0; e < square; e++) schur[e] = inverse[e];
    if (t < steps - 1) {
      const double *gain = gains + (t + 1) * square;
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j < d; j++) column[i] -= gain[j * d + i] * side[d + j];
      eb_multiply_block(d, block, d, 1, gain, d, 1, other, -1.0, 0);
      eb_multiply_block(d, gain, 1, d, other, d, 1, schur, -1.0, 1);
    }
    for (int64_t i = 0; i < d; i++) x[t * d + i] = (real)(side[i] = column[i]);
    for (int64_t e = 0; e < square; e++) {
      if (t < steps - 1) cross[(t + 1) * square + e] = (real)other[e];
      if (t == 0) cross[e] = 0;
      covariance[t * square + e] = (real)(block[e] = schur[e]);
    }
  }
  if (sum == sum) return;
  for (int64_t i = 0; i < steps * d; i++) x[i] = (real)__builtin_nan("");
  for (int64_t e = 0; e < steps * square; e++) cross[e] = covariance[e] = (real)__builtin_nan("");
}

// Lanes for several systems, but where that would take more than a cache of some megabytes.
EB_FN int eb_block_tridiagonal_in_lanes(int64_t batch, int64_t steps, int64_t d) {
  return batch > 2 && d <= EB_SMALL && steps * d * d <= 65536;
}
EB_FN int64_t eb_block_tridiagonal_space(int64_t batch, int64_t steps, int64_t d, int threads) {
  int64_t each = eb_block_tridiagonal_in_lanes(batch, steps, d) ? eb_block_tridiagonal_lanes_space(steps, d)
                                                                : eb_block_tridiagonal_alone_space(steps, d);
  return each * threads;
}
EB_FN void eb_block_tridiagonal(int64_t batch, int64_t steps, int64_t d, const real *diagonal, const real *below,
                                const real *right, real *x, real *log_det, real *covariance, real *cross, double *space,
                                int threads) {
  int64_t each = eb_block_tridiagonal_space(batch, steps, d, 1);
  int in_lanes = eb_block_tridiagonal_in_lanes(batch, steps, d);
  int parts = eb_batch_threads(batch, (double)steps * (double)d * (double)d * (5.0 * (double)d + 20.0), threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    int64_t end = eb_batch_part(batch, part + 1, parts);
    int64_t step = in_lanes ? EB_LANE_COUNT : 1;
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k += step) {
      int64_t blocks = k * steps * d * d;
      int64_t rows = k * steps * d;
      if (in_lanes)
        eb_block_tridiagonal_lanes(end - k < step ? end - k : step, steps, d, diagonal + blocks, below + blocks,
                                   right + rows, x + rows, log_det + k, covariance + blocks, cross + blocks,
                                   space + part * each);
      else
        eb_block_tridiagonal_alone(steps, d, diagonal + blocks, below + blocks, right + rows, x + rows, log_det + k,
                                   covariance + blocks, cross + blocks, space + part * each);
    }
  }
}
