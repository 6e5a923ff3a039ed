// Stable ascending sorts of rows, NaN last. In: v[batch, n]. Out: values[batch, n] and permutation[batch, n], values[i] =
// v[permutation[i]]. space: eb_sort_space doubles. Bottom-up merging.
#pragma once
#include "real.h"

typedef struct {
  double key;
  int64_t index;
} eb_sort_entry;

EB_FN int64_t eb_sort_space(int64_t batch, int64_t n, int threads) {
  (void)batch;
  return 4 * n * threads;
}
EB_FN int eb_sorts_after(const eb_sort_entry *a, const eb_sort_entry *b) {
  return a->key > b->key || (a->key != a->key && b->key == b->key);
}
EB_FN void eb_sort(int64_t batch, int64_t n, const real *v, real *values, int32_t *permutation, double *space,
                   int threads) {
  (void)threads;
  for (int64_t k = 0; k < batch; k++, v += n, values += n, permutation += n) {
    eb_sort_entry *from = (eb_sort_entry *)(void *)space;
    eb_sort_entry *to = from + n;
    for (int64_t i = 0; i < n; i++) from[i] = (eb_sort_entry){(double)v[i], i};
    for (int64_t run = 1; run < n; run *= 2) {
      for (int64_t start = 0; start < n; start += 2 * run) {
        int64_t i = start;
        int64_t middle = start + run < n ? start + run : n;
        int64_t j = middle;
        int64_t end = start + 2 * run < n ? start + 2 * run : n;
        for (int64_t at = start; at < end; at++)
          to[at] = i < middle && (j >= end || !eb_sorts_after(&from[i], &from[j])) ? from[i++] : from[j++];
      }
      eb_sort_entry *held = from;
      from = to;
      to = held;
    }
    for (int64_t i = 0; i < n; i++) {
      values[i] = v[from[i].index];
      permutation[i] = (int32_t)from[i].index;
    }
  }
}
