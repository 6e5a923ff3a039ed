// Operands of matrix products as the kernel reads them. In: matrices with any strides. Out: b in panels of EB_COLUMNS
// columns, a in panels of EB_ROWS rows, each contiguous along the inner index.
#pragma once
#include "product-tile.h"

#define EB_PACKED(k, n) ((int64_t)(k) * (((int64_t)(n) + EB_COLUMNS - 1) / EB_COLUMNS) * EB_COLUMNS)

// to[p * step + r] = from[r * stride + p] for r < rows and p < k, in blocks of 4 × 4.
typedef real eb_four __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
#if defined(__clang__) || __GNUC__ >= 12
#define EB_MIX(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#elif defined(EB_DOUBLE)
#define EB_MIX(a, b, i, j, k, l) __builtin_shuffle(a, b, (int64_t __attribute__((vector_size(32)))){i, j, k, l})
#else
#define EB_MIX(a, b, i, j, k, l) __builtin_shuffle(a, b, (int32_t __attribute__((vector_size(16)))){i, j, k, l})
#endif
EB_NOINLINE void eb_transpose(int64_t rows, int64_t k, const real *from, int64_t stride, real *to, int64_t step) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const real *row = from + r * stride;
    int64_t p = 0;
    for (; p + 4 <= k; p += 4) {
      eb_four a = *(const eb_four *)(row + p);
      eb_four b = *(const eb_four *)(row + stride + p);
      eb_four c = *(const eb_four *)(row + 2 * stride + p);
      eb_four d = *(const eb_four *)(row + 3 * stride + p);
      eb_four ab = EB_MIX(a, b, 0, 4, 1, 5);
      eb_four cd = EB_MIX(c, d, 0, 4, 1, 5);
      eb_four upper_ab = EB_MIX(a, b, 2, 6, 3, 7);
      eb_four upper_cd = EB_MIX(c, d, 2, 6, 3, 7);
      *(eb_four *)(to + p * step + r) = EB_MIX(ab, cd, 0, 1, 4, 5);
      *(eb_four *)(to + (p + 1) * step + r) = EB_MIX(ab, cd, 2, 3, 6, 7);
      *(eb_four *)(to + (p + 2) * step + r) = EB_MIX(upper_ab, upper_cd, 0, 1, 4, 5);
      *(eb_four *)(to + (p + 3) * step + r) = EB_MIX(upper_ab, upper_cd, 2, 3, 6, 7);
    }
    for (; p < k; p++)
      for (int64_t q = 0; q < 4; q++) to[p * step + r + q] = row[q * stride + p];
  }
  for (; r < rows; r++)
    for (int64_t p = 0; p < k; p++) to[p * step + r] = from[r * stride + p];
}
// The first `columns` (fewer than EB_COLUMNS) numbers of a row: a few vectors of halving length.
EB_INLINE void eb_copy_row(int64_t columns, const real *from, real *to) {
  for (int64_t size = EB_LANES; size > 0; size /= 2)
    if (columns & size) {
      memcpy(to, from, (size_t)size * sizeof(real));
      from += size;
      to += size;
    }
}
// k × columns of b as one panel, k × EB_COLUMNS, zeros beyond.
EB_NOINLINE void eb_pack_panel(int64_t k, int64_t columns, const real *b, int64_t brs, int64_t bcs,
                               real *restrict packed) {
  if (columns < EB_COLUMNS) memset(packed, 0, (size_t)(k * EB_COLUMNS) * sizeof(real));
  if (bcs == 1) {
    for (int64_t p = 0; p < k; p++, b += brs, packed += EB_COLUMNS) {
      if (columns < EB_COLUMNS)
        eb_copy_row(columns, b, packed);
      else
        for (int v = 0; v < 2; v++) *(eb_vector *)(packed + v * EB_LANES) = *(const eb_vector *)(b + v * EB_LANES);
    }
    return;
  }
  if (brs == 1)
    eb_transpose(columns, k, b, bcs, packed, EB_COLUMNS);
  else
    for (int64_t p = 0; p < k; p++)
      for (int64_t j = 0; j < columns; j++) packed[p * EB_COLUMNS + j] = b[p * brs + j * bcs];
}
// rows × k of a in panels of EB_ROWS rows, [panel][k][EB_ROWS]; the last panel has as many rows as are left, at the
// same places.
EB_NOINLINE void eb_pack_rows(int64_t rows, int64_t k, const real *a, int64_t ars, int64_t acs, real *restrict packed) {
  for (int64_t i = 0; i < rows; i += EB_ROWS, packed += EB_ROWS * k) {
    int64_t count = rows - i < EB_ROWS ? rows - i : EB_ROWS;
    if (acs == 1)
      eb_transpose(count, k, a + i * ars, ars, packed, EB_ROWS);
    else
      for (int64_t p = 0; p < k; p++)
        for (int64_t r = 0; r < count; r++) packed[p * EB_ROWS + r] = a[(i + r) * ars + p * acs];
  }
}
EB_NOINLINE void eb_pack(int64_t k, int64_t n, const real *b, int64_t brs, int64_t bcs, real *packed) {
  for (int64_t p = 0; p < k; p += EB_INNER) {
    int64_t inner = k - p < EB_INNER ? k - p : EB_INNER;
    for (int64_t j = 0; j < n; j += EB_COLUMNS, packed += inner * EB_COLUMNS)
      eb_pack_panel(inner, n - j < EB_COLUMNS ? n - j : EB_COLUMNS, b + p * brs + j * bcs, brs, bcs, packed);
  }
}
