// Matrix products with any strides by packed panels and a register-blocked kernel (Goto & van de Geijn 2008; Van Zee &
// van de Geijn, "BLIS", 2015). In: m × k a, k × n b as base and strides (of rows, of columns; in elements, also 0 or
// negative). Out: m × n c, set or added to; c overlaps neither a nor b. Sums over the inner index are in blocks of
// EB_INNER, added in order: the result is the same in every run with as many threads.
//
//   eb_product(m, n, k, a, …, b, …, c, …, accumulate, space): one thread; EB_PRODUCT_SPACE bytes, aligned to 64
//   eb_product_threads(…, space, threads): parts of c on threads; threads · EB_PRODUCT_SPACE bytes
//   eb_pack(k, n, b, brs, bcs, packed): b in panels, EB_PACKED(k, n) reals, for many products with one b
//   eb_product_packed(m, n, k, a, …, packed, c, …, accumulate, space): with such a b, a few rows of a each time
//
// Small products cost little beyond their arithmetic: b is packed only where its columns are not contiguous or it is
// read often and is large, a only where it is read often and is large. Products with vectors run along the contiguous
// axis of the matrix.
#pragma once
#include "product-dots.h"
#include "product-packing.h"

// A panel of b (EB_INNER × EB_COLUMNS) stays in the first-level cache, a block of a (EB_BLOCK_ROWS × EB_INNER) in the
// second.
#define EB_BLOCK_ROWS (32 * EB_ROWS)
#define EB_BLOCK_COLUMNS (16 * EB_COLUMNS)
// A c of so many entries at most is summed in parts of the inner index, one a thread, where that is long.
#define EB_PARTIAL 4096
#define EB_PRODUCT_SPACE ((int64_t)sizeof(real) * (EB_INNER * (EB_BLOCK_ROWS + EB_BLOCK_COLUMNS) + EB_PARTIAL))

// rows × columns (at most EB_COLUMNS) of c through one panel of b. c is written in place where whole vectors fit, else
// by way of a tile.
EB_NOINLINE void eb_product_panel(int64_t rows, int64_t columns, int64_t k, const real *a, int64_t ars, int64_t acs,
                                  int64_t panel, const real *b, int64_t brs, real *c, int64_t crs, int64_t ccs,
                                  int accumulate) {
  int whole = ccs == 1 && (columns == EB_COLUMNS || columns == EB_LANES);
  for (int64_t i = 0; i < rows;) {
    // `panel` is the distance of packed panels of a; 0 where a is read in place.
    const real *from = panel ? a + i / EB_ROWS * panel + i % EB_ROWS : a + i * ars;
    int64_t left = rows - i;
    if (panel && left > EB_ROWS - i % EB_ROWS) left = EB_ROWS - i % EB_ROWS;
    if (whole) {
      i += eb_tile_rows(left, columns, k, from, ars, acs, b, brs, c + i * crs, crs, accumulate);
      continue;
    }
    real tile[EB_ROWS * EB_COLUMNS];
    int64_t count = eb_tile_rows(left, columns, k, from, ars, acs, b, brs, tile, EB_COLUMNS, 0);
    for (int64_t r = 0; r < count; r++) {
      real *row = tile + r * EB_COLUMNS;
      real *to = c + (i + r) * crs;
      if (ccs == 1) {
        real before[EB_COLUMNS] = {0};
        if (accumulate) eb_copy_row(columns, to, before);
        for (int64_t j = 0; j < (columns > EB_LANES ? EB_COLUMNS : EB_LANES); j++) row[j] += before[j];
        eb_copy_row(columns, row, to);
      } else {
        for (int64_t j = 0; j < columns; j++) to[j * ccs] = (accumulate ? to[j * ccs] : 0) + row[j];
      }
    }
    i += count;
  }
}

EB_FN void eb_product_nothing(int64_t m, int64_t n, real *c, int64_t crs, int64_t ccs) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) c[i * crs + j * ccs] = 0;
}

// Both with b packed beforehand (`packed`) and not.
EB_NOINLINE void eb_product_blocks(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs,
                                   const real *b, int64_t brs, int64_t bcs, const real *packed, real *c, int64_t crs,
                                   int64_t ccs, int accumulate, real *space) {
  if (m <= 0 || n <= 0) return;
  if (k <= 0) {
    if (!accumulate) eb_product_nothing(m, n, c, crs, ccs);
    return;
  }
  int packs_a = n > 2 * EB_COLUMNS && m * k > 4096;
  int packs_b = packed == 0 && (bcs != 1 || (m > 4 * EB_ROWS && n * k > 8192));
  real *left = space;
  real *right = space + EB_BLOCK_ROWS * EB_INNER;
  int64_t padded = (n + EB_COLUMNS - 1) / EB_COLUMNS * EB_COLUMNS;
  for (int64_t jc = 0; jc < n; jc += EB_BLOCK_COLUMNS) {
    int64_t columns = n - jc < EB_BLOCK_COLUMNS ? n - jc : EB_BLOCK_COLUMNS;
    for (int64_t pc = 0; pc < k; pc += EB_INNER) {
      int64_t inner = k - pc < EB_INNER ? k - pc : EB_INNER;
      int adds = accumulate || pc > 0;
      if (packed == 0)
        for (int64_t j = 0; j < columns; j += EB_COLUMNS) {
          int64_t width = columns - j < EB_COLUMNS ? columns - j : EB_COLUMNS;
          // A panel that ends within a vector is packed in any case: nothing is read beyond b.
          if (packs_b || (width != EB_COLUMNS && width != EB_LANES))
            eb_pack_panel(inner, width, b + pc * brs + (jc + j) * bcs, brs, bcs, right + j * inner);
        }
      for (int64_t ic = 0; ic < m; ic += EB_BLOCK_ROWS) {
        int64_t rows = m - ic < EB_BLOCK_ROWS ? m - ic : EB_BLOCK_ROWS;
        const real *block = a + ic * ars + pc * acs;
        if (packs_a) eb_pack_rows(rows, inner, block, ars, acs, left);
        for (int64_t j = 0; j < columns; j += EB_COLUMNS) {
          int64_t width = columns - j < EB_COLUMNS ? columns - j : EB_COLUMNS;
          const real *panel = packed != 0 ? packed + pc * padded + (jc + j) * inner : right + j * inner;
          int64_t step = EB_COLUMNS;
          if (packed == 0 && !packs_b && (width == EB_COLUMNS || width == EB_LANES)) {
            panel = b + pc * brs + (jc + j) * bcs;
            step = brs;
          }
          eb_product_panel(rows, width, inner, packs_a ? left : block, packs_a ? 1 : ars, packs_a ? EB_ROWS : acs,
                           packs_a ? EB_ROWS * inner : 0, panel, step, c + ic * crs + (jc + j) * ccs, crs, ccs, adds);
        }
      }
    }
  }
}

// Whether sums along the inner index serve best; decided for the whole of c, whatever parts it is computed in.
EB_FN int eb_product_by_dots(int64_t m, int64_t n, int64_t k, int64_t acs, int64_t brs) {
  return acs == 1 && brs == 1 && k >= 2 * EB_COLUMNS && (n <= 4 || m <= 4);
}
EB_FN void eb_product_part(int by_dots, int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs,
                           const real *b, int64_t brs, int64_t bcs, real *c, int64_t crs, int64_t ccs, int accumulate,
                           void *space) {
  if (by_dots) {
    if (!accumulate) eb_product_nothing(m, n, c, crs, ccs);
    if (m <= n)
      eb_product_dots(n, m, k, b, bcs, a, ars, c, ccs, crs);
    else
      eb_product_dots(m, n, k, a, ars, b, bcs, c, crs, ccs);
    return;
  }
  // Vectors run along the columns of c: where its rows are the contiguous axis, the transposed product is computed.
  if (ccs != 1 ? crs == 1 || m == 1 : n == 1 && crs == 1 && ars == 1)
    eb_product_blocks(n, m, k, b, bcs, brs, a, acs, ars, 0, c, ccs, crs, accumulate, (real *)space);
  else
    eb_product_blocks(m, n, k, a, ars, acs, b, brs, bcs, 0, c, crs, ccs, accumulate, (real *)space);
}
EB_FN void eb_product(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs, const real *b,
                      int64_t brs, int64_t bcs, real *c, int64_t crs, int64_t ccs, int accumulate, void *space) {
  int by_dots = eb_product_by_dots(m, n, k, acs, brs);
  eb_product_part(by_dots, m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, accumulate, space);
}
EB_FN void eb_product_packed(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs,
                             const real *packed, real *c, int64_t crs, int64_t ccs, int accumulate, void *space) {
  eb_product_blocks(m, n, k, a, ars, acs, 0, 0, 0, packed, c, crs, ccs, accumulate, (real *)space);
}

// c (+)= a b by parts of the inner index: each thread sums into its own c, and those are added in order.
EB_FN void eb_product_inner_parts(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs,
                                  const real *b, int64_t brs, int64_t bcs, real *c, int64_t crs, int64_t ccs,
                                  int accumulate, char *space, int threads) {
  const int64_t before = (int64_t)sizeof(real) * EB_INNER * (EB_BLOCK_ROWS + EB_BLOCK_COLUMNS);
  int64_t blocks = (k + EB_INNER - 1) / EB_INNER;
  EB_PARALLEL(threads)
  for (int part = 0; part < threads; part++) {
    int64_t from = blocks * part / threads * EB_INNER;
    int64_t to = blocks * (part + 1) / threads * EB_INNER;
    char *own = space + part * EB_PRODUCT_SPACE;
    eb_product(m, n, (to < k ? to : k) - from, a + from * acs, ars, acs, b + from * brs, brs, bcs,
               (real *)(void *)(own + before), n, 1, 0, own);
  }
  if (!accumulate) eb_product_nothing(m, n, c, crs, ccs);
  for (int part = 0; part < threads; part++) {
    const real *sum = (const real *)(const void *)(space + part * EB_PRODUCT_SPACE + before);
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++) c[i * crs + j * ccs] += sum[i * n + j];
  }
}
// On threads: parts of the longer side of c, each a multiple of a tile; or of the inner index where c is small.
EB_FN void eb_product_threads(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs, const real *b,
                              int64_t brs, int64_t bcs, real *c, int64_t crs, int64_t ccs, int accumulate, void *space,
                              int threads) {
  if (threads > 1 && m * n <= EB_PARTIAL && k >= 16 * EB_INNER) {
    eb_product_inner_parts(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, accumulate, (char *)space, threads);
    return;
  }
  int by_dots = eb_product_by_dots(m, n, k, acs, brs);
  int64_t unit = m >= n ? 4 * EB_ROWS : EB_COLUMNS;
  int64_t units = ((m >= n ? m : n) + unit - 1) / unit;
  EB_PARALLEL(threads)
  for (int part = 0; part < threads; part++) {
    int64_t from = units * part / threads * unit;
    int64_t to = units * (part + 1) / threads * unit;
    void *own = (char *)space + part * EB_PRODUCT_SPACE;
    if (m >= n)
      eb_product_part(by_dots, (to < m ? to : m) - from, n, k, a + from * ars, ars, acs, b, brs, bcs, c + from * crs,
                      crs, ccs, accumulate, own);
    else
      eb_product_part(by_dots, m, (to < n ? to : n) - from, k, a, ars, acs, b + from * bcs, brs, bcs, c + from * ccs,
                      crs, ccs, accumulate, own);
  }
}
