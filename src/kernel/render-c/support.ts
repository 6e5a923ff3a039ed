// What every rendered file has beside the runtime: pragmas that are there with OpenMP and gone without, the division of loops into
// parts, joins of parts of reductions. Text of C11, to stand after the runtime's real.h.
import { coldFunctions } from './elementwise.ts';

/** Stands before all functions. */
export const optionsText = `#if defined(__GNUC__) && !defined(__clang__)
/* A loop that is copied for a condition around it loses its vectors in one of the copies (gcc 12); copies of whole functions take
   time to compile. */
#pragma GCC optimize("no-split-loops", "no-unswitch-loops", "no-ipa-cp-clone")
#endif
#ifdef __clang__
/* Loops that may run as vectors need not. */
#pragma clang diagnostic ignored "-Wpass-failed"
#endif`;

export const supportText = `#ifdef _OPENMP
#define EB_PRAGMA(...) _Pragma(#__VA_ARGS__)
#define EB_OMP(...) EB_PRAGMA(omp __VA_ARGS__)
#else
#define EB_OMP(...)
#endif
/* What runs once: compiling it fast is worth more than running it fast. Not \`cold\`: gcc takes whatever stands behind calls of
 * cold functions for unlikely too, and gcc 12 makes wrong code of loops with lanes there. */
#if defined(__clang__)
#define EB_COLD static __attribute__((noinline, minsize))
#else
#define EB_COLD static __attribute__((noinline, optimize("O1")))
#endif

#define EB_MOST_THREADS 1024
/* Sizes, and everything that is computed of them, stay below this: no int64_t overflows on the way. */
#define EB_MOST 72057594037927936.0 /* 2^56 */

EB_FN int64_t eb_smaller(int64_t a, int64_t b) { return b < a ? b : a; }
EB_FN int64_t eb_larger(int64_t a, int64_t b) { return b > a ? b : a; }
EB_FN int64_t eb_aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/* How many threads serve a call that may use so many. */
EB_FN int32_t eb_threads(int32_t threads) {
#ifdef _OPENMP
  return threads < 1 ? 1 : threads > EB_MOST_THREADS ? EB_MOST_THREADS : threads;
#else
  (void)threads;
  return 1;
#endif
}
/* In how many parts a loop runs: no more than threads or iterations, and none with too little work to be worth a thread. */
EB_FN int32_t eb_parts(int32_t threads, int64_t count, double work) {
  const double most = work / 16384.0;
  const int64_t parts = most < (double)threads ? (int64_t)most : (int64_t)threads;
  return (int32_t)eb_larger(1, eb_smaller(parts, count));
}
EB_FN int64_t eb_part_start(int64_t count, int32_t parts, int32_t part) {
  const int64_t each = count / parts, rest = count % parts;
  return part * each + eb_smaller(part, rest);
}
/* Loop variables and locals around a loop whose iterations are shared. */
typedef union {
  int64_t i;
  int32_t n;
  real r;
} eb_given;
#define EB_PART(name)                                                                                         \\
  EB_NOINLINE void name(void *const record, const int32_t thread EB_MAYBE, const int64_t from, const int64_t end, \\
                        const int32_t starts EB_MAYBE, const eb_given *const given EB_MAYBE)
#define EB_MAYBE __attribute__((unused))
typedef void eb_part(void *record, int32_t thread, int64_t from, int64_t end, int32_t starts, const eb_given *given);

/* Iterations 0 to count in contiguous parts, one for each thread that is worth it; gives their number. Between stretches of a few
   milliseconds every thread looks up whether to give up. */
EB_FN int32_t eb_share(eb_part *const run, void *const record, int32_t threads, const volatile int32_t *control,
                       int64_t count, double work, const eb_given *given) {
  const int32_t parts = eb_parts(threads, count, work);
  const double each = work / (double)eb_larger(1, count);
  const int64_t stretch = each >= 4e6 ? 1 : eb_larger(1, eb_smaller(count, (int64_t)(4e6 / (each > 1 ? each : 1))));
  EB_OMP(parallel for num_threads(parts) schedule(static, 1) if (parts > 1))
  for (int32_t part = 0; part < parts; part++) {
    const int64_t start = eb_part_start(count, parts, part), end = eb_part_start(count, parts, part + 1);
    run(record, part, start, eb_smaller(start + stretch, end), 1, given);
    for (int64_t from = start + stretch; from < end && *control != 2; from += stretch)
      run(record, part, from, eb_smaller(from + stretch, end), 0, given);
  }
  return parts;
}
`;

/** A product that looks up between blocks of some hundredths of a second whether to give up. */
const polledProductText = `#define EB_QUICK 268435456 /* multiplications */
EB_FN void eb_polled_product(int64_t m, int64_t n, int64_t k, const real *a, int64_t ars, int64_t acs, const real *b,
                             int64_t brs, int64_t bcs, real *c, int64_t crs, int64_t ccs, int accumulate, char *space,
                             int32_t threads, const volatile int32_t *control) {
  const double work = (double)m * (double)n * (double)k;
  if (work <= EB_QUICK) {
    eb_product_threads(m, n, k, a, ars, acs, b, brs, bcs, c, crs, ccs, accumulate, space, work < 65536 ? 1 : threads);
    return;
  }
  /* Blocks as long as they can be along the inner index and the columns, then along the rows. */
  const int64_t inner = eb_smaller(k, 16384), columns = eb_smaller(n, 4096);
  const int64_t rows = eb_larger(EB_BLOCK_ROWS, EB_QUICK * (int64_t)threads / (inner * columns) / EB_BLOCK_ROWS * EB_BLOCK_ROWS);
  for (int64_t i = 0; i < m; i += rows)
    for (int64_t j = 0; j < n; j += columns)
      for (int64_t p = 0; p < k || p == 0; p += inner) {
        if (*control == 2) return;
        eb_product_threads(eb_smaller(rows, m - i), eb_smaller(columns, n - j), eb_smaller(inner, k - p),
                           a + i * ars + p * acs, ars, acs, b + p * brs + j * bcs, brs, bcs, c + i * crs + j * ccs, crs,
                           ccs, accumulate || p > 0, space, threads);
      }
}
`;

/** A sum in double, and what products have left of it. */
const settleText = `/* Adds rows × columns of \`partial\` to \`sum\` and clears them, once products were added to it \`most\` times; how often that
   was stands behind them. */
EB_FN void eb_settle(int64_t rows, int64_t columns, double *sum, int64_t row, int64_t column, real *partial, int32_t most) {
  real *const times = partial + rows * columns;
  if (most > 0) {
    *times += 1;
    if (*times < (real)most) return;
    *times = 0;
  }
  for (int64_t r = 0; r < rows; r++) {
    EB_SIMD
    for (int64_t c = 0; c < columns; c++) {
      sum[r * row + c * column] += (double)partial[r * columns + c];
      partial[r * columns + c] = 0;
    }
  }
}
`;

/** Joins the copies of all parts, `distance` bytes from one to the next, into the first. */
const joins = (
  [
    ['sum', 'double', 'a + b', []],
    ['min', 'real', 'eb_min(a, b)', ['eb_min']],
    ['max', 'real', 'eb_max(a, b)', ['eb_max']],
    ['int_sum', 'int32_t', 'a + b', []],
    ['int_min', 'int32_t', 'eb_int_min(a, b)', ['eb_int_min']],
    ['int_max', 'int32_t', 'eb_int_max(a, b)', ['eb_int_max']],
  ] as const
).map(([name, type, joined, calls]) => ({
  provides: [`eb_join_${name}`],
  calls,
  text: `EB_FN void eb_join_${name}(int32_t parts, int64_t count, ${type} *first, int64_t distance) {
  for (int32_t part = 1; part < parts; part++) {
    const ${type} *const other = (const ${type} *)(const void *)((const char *)first + part * distance);
    EB_SIMD
    for (int64_t k = 0; k < count; k++) {
      const ${type} a = first[k], b = other[k];
      first[k] = ${joined};
    }
  }
}
`,
}));

/** Soft-mins of chunks, and of all of them together. */
const reductionText = `/* -1/beta log sum exp(-beta v) of some values, as their minimum and the sum of exp(-beta (v - minimum)). */
EB_FN void eb_join_soft_min(real *least, double *sum, real other, double others, real beta) {
  const real low = eb_min(*least, other);
  const real mine = *least - low, theirs = other - low;
  *sum = (mine == 0 ? *sum : *least < (real)INFINITY ? *sum * (double)eb_exp(-beta * mine) : 0.0) +
         (theirs == 0 ? others : other < (real)INFINITY ? others * (double)eb_exp(-beta * theirs) : 0.0);
  *least = low;
}
/* Cut at the energy of what is forbidden. */
EB_FN real eb_end_soft_min(real least, double sum, real beta) {
  const real most = (real)1e30;
  if (!(least < (real)INFINITY && least > -(real)INFINITY) || beta == (real)INFINITY) return eb_min(least, most);
  return eb_min(least - eb_log((real)sum) / beta, most);
}
`;

/** What is included where one of its functions is called, with what it calls itself. */
export const supportParts: readonly {
  readonly provides: readonly string[];
  readonly calls: readonly string[];
  readonly text: string;
}[] = [
  { provides: ['eb_polled_product'], calls: ['eb_product_threads'], text: polledProductText },
  { provides: ['eb_settle'], calls: [], text: settleText },
  ...joins,
  ...coldFunctions,
  { provides: ['eb_join_soft_min', 'eb_end_soft_min'], calls: ['eb_exp', 'eb_log', 'eb_min'], text: reductionText },
];
