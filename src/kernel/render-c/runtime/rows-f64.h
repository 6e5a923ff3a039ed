// Rows of double: sums of products and multiples added, as long vectors. Deterministic: the order of additions depends
// on the length alone.
#pragma once
#include "lanes.h"

// Σ a[p] b[p], in 32 partial sums.
EB_NOINLINE double eb_dot_f64(int64_t n, const double *a, const double *b) {
  eb_lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  int64_t p = 0;
  for (; p + 32 <= n; p += 32) {
    s0 += *(const eb_lanes *)(a + p) * *(const eb_lanes *)(b + p);
    s1 += *(const eb_lanes *)(a + p + 8) * *(const eb_lanes *)(b + p + 8);
    s2 += *(const eb_lanes *)(a + p + 16) * *(const eb_lanes *)(b + p + 16);
    s3 += *(const eb_lanes *)(a + p + 24) * *(const eb_lanes *)(b + p + 24);
  }
  for (; p + 8 <= n; p += 8) s0 += *(const eb_lanes *)(a + p) * *(const eb_lanes *)(b + p);
  s0 = (s0 + s1) + (s2 + s3);
  const double *s = (const double *)&s0;
  double sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
  for (; p < n; p++) sum += a[p] * b[p];
  return sum;
}
// y -= factor x.
EB_NOINLINE void eb_subtract_multiple_f64(int64_t n, double factor, const double *restrict x, double *restrict y) {
  EB_SIMD
  for (int64_t j = 0; j < n; j++) y[j] -= factor * x[j];
}
