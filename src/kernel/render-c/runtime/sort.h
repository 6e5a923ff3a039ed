// Stable ascending sorts of rows, NaN last. In: v[batch, n]. Out: values[batch, n] and permutation[batch, n], values[i]
// = v[permutation[i]]. space: eb_sort_space doubles. Short rows by insertion, longer ones by merging, long ones by
// digits (Knuth, The Art of Computer Programming 3, 5.2.1, 5.2.4, 5.2.5).
#pragma once
#include "lanes.h"

// The key orders as the number does: ±0 are equal, and so are all NaN.
#ifdef EB_DOUBLE
typedef uint64_t eb_sort_key;
EB_INLINE eb_sort_key eb_key_of_real(real x) {
  uint64_t bits = eb_bits_f64(x + 0.0);
  uint64_t flip = bits >> 63 ? ~(uint64_t)0 : (uint64_t)1 << 63;
  return x != x ? ~(uint64_t)0 : bits ^ flip;
}
#else
typedef uint32_t eb_sort_key;
EB_INLINE eb_sort_key eb_key_of_real(real x) {
  uint32_t bits = eb_bits_f32(x + 0.0f);
  uint32_t flip = bits >> 31 ? ~(uint32_t)0 : (uint32_t)1 << 31;
  return x != x ? ~(uint32_t)0 : bits ^ flip;
}
#endif
typedef struct {
  eb_sort_key key;
  int32_t index;
} eb_sort_entry;

EB_FN int64_t eb_sort_space(int64_t batch, int64_t n, int threads) {
  (void)batch;
  return (2 * n * (int64_t)sizeof(eb_sort_entry) + 7) / 8 * threads;
}

EB_FN void eb_sort_by_insertion(int64_t n, eb_sort_entry *row) {
  for (int64_t i = 1; i < n; i++) {
    eb_sort_entry entry = row[i];
    int64_t j = i;
    for (; j > 0 && row[j - 1].key > entry.key; j--) row[j] = row[j - 1];
    row[j] = entry;
  }
}
// Returns which of the two holds the sorted row.
EB_NOINLINE eb_sort_entry *eb_sort_by_merging(int64_t n, eb_sort_entry *from, eb_sort_entry *to) {
  const int64_t first = 16;
  for (int64_t start = 0; start < n; start += first)
    eb_sort_by_insertion(n - start < first ? n - start : first, from + start);
  for (int64_t run = first; run < n; run *= 2) {
    for (int64_t start = 0; start < n; start += 2 * run) {
      int64_t middle = start + run < n ? start + run : n;
      int64_t end = middle + run < n ? middle + run : n;
      int64_t i = start, j = middle, at = start;
      while (i < middle && j < end) {
        int second = from[j].key < from[i].key;
        to[at++] = second ? from[j] : from[i];
        j += second;
        i += !second;
      }
      while (i < middle) to[at++] = from[i++];
      while (j < end) to[at++] = from[j++];
    }
    eb_sort_entry *held = from;
    from = to;
    to = held;
  }
  return from;
}
// Digits of 8 bits from the lowest; those in which no two keys differ are left out.
EB_NOINLINE eb_sort_entry *eb_sort_by_digits(int64_t n, eb_sort_entry *from, eb_sort_entry *to) {
  int32_t counts[sizeof(eb_sort_key)][256] = {{0}};
  for (int64_t i = 0; i < n; i++)
    for (unsigned digit = 0; digit < sizeof(eb_sort_key); digit++) counts[digit][(from[i].key >> (8 * digit)) & 255u]++;
  for (unsigned digit = 0; digit < sizeof(eb_sort_key); digit++) {
    int32_t *places = counts[digit];
    if (places[(from[0].key >> (8 * digit)) & 255u] == n) continue;
    int32_t before = 0;
    for (int value = 0; value < 256; value++) {
      int32_t count = places[value];
      places[value] = before;
      before += count;
    }
    for (int64_t i = 0; i < n; i++) to[places[(from[i].key >> (8 * digit)) & 255u]++] = from[i];
    eb_sort_entry *held = from;
    from = to;
    to = held;
  }
  return from;
}

EB_FN void eb_sort(int64_t batch, int64_t n, const real *v, real *values, int32_t *permutation, double *space,
                   int threads) {
  int64_t each = eb_sort_space(1, n, 1);
  int parts = eb_batch_threads(batch, 20.0 * (double)n, threads);
  EB_PARALLEL(parts)
  for (int part = 0; part < parts; part++) {
    eb_sort_entry *entries = (eb_sort_entry *)(void *)(space + part * each);
    int64_t end = eb_batch_part(batch, part + 1, parts);
    for (int64_t k = eb_batch_part(batch, part, parts); k < end; k++) {
      const real *row = v + k * n;
      for (int64_t i = 0; i < n; i++) entries[i] = (eb_sort_entry){eb_key_of_real(row[i]), (int32_t)i};
      eb_sort_entry *sorted = entries;
      if (n <= 24)
        eb_sort_by_insertion(n, entries);
      else
        sorted = (n < 512 ? eb_sort_by_merging : eb_sort_by_digits)(n, entries, entries + n);
      for (int64_t i = 0; i < n; i++) {
        values[k * n + i] = row[sorted[i].index];
        permutation[k * n + i] = sorted[i].index;
      }
    }
  }
}
