// Eight block-tridiagonal systems at once, one in each lane: the algorithm of block-tridiagonal.h.
#pragma once
#include "logarithm-f64.h"
#include "triangular.h"

// out (+)= ± a b of d × d blocks; entry (i, j) of a is a[i * ars + j * acs].
EB_NOINLINE void eb_multiply_block_lanes(int64_t d, const eb_lanes *a, int64_t ars, int64_t acs, const eb_lanes *b,
                                         int64_t brs, int64_t bcs, eb_lanes *out, int negative, int accumulate) {
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j < d; j++) {
      eb_lanes sum = {0};
      for (int64_t p = 0; p < d; p++) sum += a[i * ars + p * acs] * b[p * brs + j * bcs];
      if (negative) sum = -sum;
      if (accumulate) sum += out[i * d + j];
      out[i * d + j] = sum;
    }
}

// out = a⁻¹ of positive definite blocks; their log det is added to `log_det`, lanes that are not positive definite to
// `bad`. Pivots are measured by the diagonal of `given`. l and column are room for a block and a row; the diagonal of l
// holds reciprocals.
EB_NOINLINE void eb_invert_positive_lanes(int64_t d, const eb_lanes *a, const eb_lanes *given, eb_lanes *out,
                                          eb_lanes *l, eb_lanes *column, double *log_det, eb_lane_mask *bad) {
  const eb_lanes none = {0};
  for (int64_t i = 0; i < d; i++)
    for (int64_t j = 0; j <= i; j++) {
      eb_lanes sum = 0.5 * (a[i * d + j] + a[j * d + i]);
      for (int64_t p = 0; p < j; p++) sum -= l[i * d + p] * l[j * d + p];
      if (i != j) {
        l[i * d + j] = sum * l[j * d + j];
        continue;
      }
      eb_lane_mask good = sum > EB_LEAST_PIVOT * given[i * d + i];
      *bad |= ~good;
      eb_lanes pivot = EB_CHOOSE_LANES(good, sum, none + 1.0);
      EB_SIMD
      for (int w = 0; w < EB_LANE_COUNT; w++) log_det[w] += eb_log_f64(((const double *)&pivot)[w]);
      eb_sqrt_lanes(&pivot);
      l[i * d + i] = 1.0 / pivot;
    }
  // Columns of the inverse from the diagonal down; what is above follows from symmetry.
  for (int64_t c = 0; c < d; c++) {
    for (int64_t i = c; i < d; i++) {
      eb_lanes sum = none + (i == c ? 1.0 : 0.0);
      for (int64_t p = c; p < i; p++) sum -= l[i * d + p] * column[p];
      column[i] = sum * l[i * d + i];
    }
    for (int64_t i = d - 1; i >= c; i--) {
      eb_lanes sum = column[i];
      for (int64_t p = i + 1; p < d; p++) sum -= l[p * d + i] * column[p];
      column[i] = sum * l[i * d + i];
      out[i * d + c] = out[c * d + i] = column[i];
    }
  }
}

// Entry e of a block (or row) at one step of each system: `size` numbers, `system` numbers from one system to the next.
EB_NOINLINE void eb_load_step_lanes(const real *from, int64_t size, int64_t system, int64_t count, eb_lanes *to) {
  for (int64_t w = 0; w < EB_LANE_COUNT; w++)
    for (int64_t e = 0; e < size; e++) ((double *)(to + e))[w] = (double)from[(w < count ? w : 0) * system + e];
}
EB_NOINLINE void eb_store_step_lanes(const eb_lanes *from, int64_t size, int64_t system, int64_t count,
                                     const eb_lane_mask *bad, real *to) {
  for (int64_t w = 0; w < count; w++) {
    int is_bad = ((const int64_t *)bad)[w] != 0;
    for (int64_t e = 0; e < size; e++)
      to[w * system + e] = is_bad ? (real)__builtin_nan("") : (real)((const double *)(from + e))[w];
  }
}

EB_FN int64_t eb_block_tridiagonal_lanes_space(int64_t steps, int64_t d) {
  return (steps * (2 * d * d + d) + 5 * d * d + d) * EB_LANE_COUNT;
}
EB_NOINLINE void eb_block_tridiagonal_lanes(int64_t count, int64_t steps, int64_t d, const real *diagonal,
                                            const real *below, const real *right, real *x, real *log_det,
                                            real *covariance, real *cross, double *space) {
  int64_t square = d * d;
  int64_t system = steps * square;
  eb_lanes *inverses = (eb_lanes *)space;
  eb_lanes *gains = inverses + system;
  eb_lanes *sides = gains + system;
  eb_lanes *given = sides + steps * d;
  eb_lanes *schur = given + square;
  eb_lanes *block = schur + square;
  eb_lanes *other = block + square;
  eb_lanes *factor = other + square;
  eb_lanes *column = factor + square;
  eb_lane_mask bad = {0};
  double sums[EB_LANE_COUNT] = {0};
  for (int64_t t = 0; t < steps; t++) {
    eb_lanes *side = sides + t * d;
    eb_load_step_lanes(diagonal + t * square, square, system, count, given);
    eb_load_step_lanes(right + t * d, d, steps * d, count, side);
    for (int64_t i = 0; i < d; i++)
      for (int64_t j = 0; j < d; j++) schur[i * d + j] = 0.5 * (given[i * d + j] + given[j * d + i]);
    if (t > 0) {
      eb_lanes *gain = gains + t * square;
      eb_load_step_lanes(below + t * square, square, system, count, block);
      eb_multiply_block_lanes(d, block, d, 1, inverses + (t - 1) * square, d, 1, gain, 0, 0);
      eb_multiply_block_lanes(d, gain, d, 1, block, 1, d, schur, 1, 1);
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j < d; j++) side[i] -= gain[i * d + j] * side[j - d];
    }
    eb_invert_positive_lanes(d, schur, given, inverses + t * square, factor, column, sums, &bad);
  }
  for (int64_t w = 0; w < count; w++)
    log_det[w] = ((const int64_t *)&bad)[w] != 0 ? (real)__builtin_nan("") : (real)sums[w];
  // `block` is the covariance of the step after, `schur` that of this one.
  for (int64_t t = steps - 1; t >= 0; t--) {
    eb_lanes *side = sides + t * d;
    const eb_lanes *inverse = inverses + t * square;
    for (int64_t i = 0; i < d; i++) {
      column[i] = (eb_lanes){0};
      for (int64_t j = 0; j < d; j++) column[i] += inverse[i * d + j] * side[j];
    }
    for (int64_t e = 0; e < square; e++) schur[e] = inverse[e];
    if (t < steps - 1) {
      const eb_lanes *gain = gains + (t + 1) * square;
      for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j < d; j++) column[i] -= gain[j * d + i] * side[d + j];
      eb_multiply_block_lanes(d, block, d, 1, gain, d, 1, other, 1, 0);
      eb_multiply_block_lanes(d, gain, 1, d, other, d, 1, schur, 1, 1);
      eb_store_step_lanes(other, square, system, count, &bad, cross + (t + 1) * square);
    }
    for (int64_t i = 0; i < d; i++) side[i] = column[i];
    for (int64_t e = 0; e < square; e++) block[e] = schur[e];
    eb_store_step_lanes(side, d, steps * d, count, &bad, x + t * d);
    eb_store_step_lanes(block, square, system, count, &bad, covariance + t * square);
  }
  for (int64_t e = 0; e < square; e++) block[e] = (eb_lanes){0};
  if (steps > 0) eb_store_step_lanes(block, square, system, count, &bad, cross);
}
