// Symmetric positive definite block-tridiagonal systems, batched, in float64: block elimination forwards, then back substitution
// with the selected inverse, as src/tensor/host-routines/block-tridiagonal.ts.
// In: diagonal[batch, steps, d, d] (read as (D + D')/2), below[batch, steps, d, d] (below[0] is ignored), right[batch, steps, d].
// Out: x[batch, steps, d] = A⁻¹ right, log_det[batch], covariance[…, t] = (A⁻¹)[t, t], cross[…, t] = (A⁻¹)[t, t-1] (0 at t = 0).
// NaN where not positive definite, or a pivot is below EB_LEAST_PIVOT of its diagonal entry. space: eb_block_tridiagonal_space doubles.
#pragma once
#include "triangular.h"

EB_FN int64_t eb_block_tridiagonal_space(int64_t batch, int64_t steps, int64_t d, int threads) {
  (void)batch;
  return (2 * steps * d * d + steps * d + 4 * d * d + d) * threads;
}

// out (+)= scale · a b of d × d blocks; element (i, j) of a is a[i * ars + j * acs].
EB_FN void eb_multiply_block(int64_t d, const double *a, int64_t ars, int64_t acs, const double *b, int64_t brs,
                             int64_t bcs, double *out, double scale, int accumulate) {
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      double sum = 0.0;
      for (int64_t p = 0; p < d; p++) sum += a[i * ars + p * acs] * b[p * brs + j * bcs];
      out[i * d + j] = (accumulate ? out[i * d + j] : 0.0) + scale * sum;
    }
}
// out = a⁻¹ of a positive definite block, l its factor; returns log det, NaN where it is not. `scale` is what pivots are
// measured by.
EB_FN double eb_invert_positive(int64_t d, const double *a, const real *scale, double *out, double *l, double *column) {
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

EB_FN void eb_block_tridiagonal(int64_t batch, int64_t steps, int64_t d, const real *diagonal, const real *below,
                                const real *right, real *x, real *log_det, real *covariance, real *cross,
                                double *space, int threads) {
  (void)threads;
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
  for (int64_t k = 0; k < batch; k++) {
    double sum = 0.0;
    for (int64_t t = 0; t < steps; t++) {
      const real *here = diagonal + (k * steps + t) * square;
      double *side = sides + t * d;
      for (int64_t i = 0; i < d; i++) {
        for (int64_t j = 0; j < d; j++) schur[i * d + j] = 0.5 * ((double)here[i * d + j] + (double)here[j * d + i]);
        side[i] = (double)right[(k * steps + t) * d + i];
      }
      if (t > 0) {
        double *gain = gains + t * square;
        for (int64_t i = 0; i < square; i++) block[i] = (double)below[(k * steps + t) * square + i];
        eb_multiply_block(d, block, d, 1, inverses + (t - 1) * square, d, 1, gain, 1.0, 0);
        eb_multiply_block(d, gain, d, 1, block, 1, d, schur, -1.0, 1);
        for (int64_t i = 0; i < d; i++)
          for (int64_t j = 0; j < d; j++) side[i] -= gain[i * d + j] * side[j - d];
      }
      sum += eb_invert_positive(d, schur, here, inverses + t * square, factor, column);
    }
    log_det[k] = (real)sum;
    int good = sum == sum;
    // `block` is the covariance of the step after, `schur` of this one.
    for (int64_t t = steps - 1; t >= 0; t--) {
      int64_t at = k * steps + t;
      double *side = sides + t * d;
      for (int64_t i = 0; i < d; i++) {
        column[i] = 0.0;
        for (int64_t j = 0; j < d; j++) column[i] += inverses[t * square + i * d + j] * side[j];
      }
      for (int64_t i = 0; i < square; i++) schur[i] = inverses[t * square + i];
      if (t < steps - 1) {
        const double *gain = gains + (t + 1) * square;
        for (int64_t i = 0; i < d; i++)
          for (int64_t j = 0; j < d; j++) column[i] -= gain[j * d + i] * side[d + j];
        eb_multiply_block(d, block, d, 1, gain, d, 1, other, -1.0, 0);
        eb_multiply_block(d, gain, 1, d, other, d, 1, schur, -1.0, 1);
        for (int64_t i = 0; i < square; i++) cross[(at + 1) * square + i] = (real)other[i];
      }
      for (int64_t i = 0; i < d; i++) {
        side[i] = column[i];
        x[at * d + i] = good ? (real)column[i] : (real)__builtin_nan("");
      }
      for (int64_t i = 0; i < square; i++) {
        block[i] = schur[i];
        covariance[at * square + i] = good ? (real)schur[i] : (real)__builtin_nan("");
      }
    }
    for (int64_t i = 0; i < steps * square; i++) {
      if (!good) cross[k * steps * square + i] = (real)__builtin_nan("");
      else if (i < square) cross[k * steps * square + i] = 0;
    }
  }
}
