// Eight small matrices of a batch at once, one in each lane of a vector: how routines treat many matrices of sizes up
// to EB_SMALL. In: real matrices of a batch. Out: arrays of lanes, one an entry, in double. Where there are fewer than
// eight matrices left, the first fills the rest.
#pragma once
#include "real.h"

#define EB_LANE_COUNT 8
#define EB_SMALL 24

// Compilers split these vectors where the processor has shorter ones.
typedef double eb_lanes __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t eb_lane_mask __attribute__((vector_size(64), aligned(8), may_alias));

// Larger matrices have rows long enough for vectors of their own, and eight of them do not fit the first cache; one or
// two alone would leave lanes empty. `size` is the longest side.
EB_FN int eb_in_lanes(int64_t batch, int64_t size) { return size <= EB_SMALL && (batch > 2 || size <= 4); }

// Entry e of the matrices, `size` entries each, to[e].
EB_NOINLINE void eb_load_lanes(const real *from, int64_t size, int64_t count, eb_lanes *to) {
  for (int64_t w = 0; w < EB_LANE_COUNT; w++) {
    const real *matrix = from + (w < count ? w : 0) * size;
    double *lane = (double *)to + w;
    for (int64_t e = 0; e < size; e++) lane[e * EB_LANE_COUNT] = (double)matrix[e];
  }
}
EB_NOINLINE void eb_store_lanes(const eb_lanes *from, int64_t size, int64_t count, real *to) {
  for (int64_t w = 0; w < count; w++) {
    const double *lane = (const double *)from + w;
    for (int64_t e = 0; e < size; e++) to[w * size + e] = (real)lane[e * EB_LANE_COUNT];
  }
}
// The square n × n matrices as (a + a')/2.
EB_NOINLINE void eb_load_symmetric_lanes(const real *from, int64_t n, int64_t count, eb_lanes *to) {
  eb_load_lanes(from, n * n, count, to);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i; j++) to[i * n + j] = to[j * n + i] = 0.5 * (to[i * n + j] + to[j * n + i]);
}
EB_INLINE void eb_sqrt_lanes(eb_lanes *x) {
  double *lane = (double *)x;
  EB_SIMD
  for (int w = 0; w < EB_LANE_COUNT; w++) lane[w] = __builtin_sqrt(lane[w]);
}
// `then` in the lanes where the mask is set (-1), else `otherwise`.
#define EB_CHOOSE_LANES(mask, then, otherwise) \
  ((eb_lanes)(((mask) & (eb_lane_mask)(then)) | (~(mask) & (eb_lane_mask)(otherwise))))
#define EB_ABS_LANES(x) ((eb_lanes)((eb_lane_mask)(x)&INT64_MAX))
EB_INLINE int eb_any_lane(const eb_lane_mask *mask) {
  int64_t any = 0;
  for (int w = 0; w < EB_LANE_COUNT; w++) any |= ((const int64_t *)mask)[w];
  return any != 0;
}

// How many threads a batch is worth: each gets some 10,000 operations.
EB_FN int eb_batch_threads(int64_t batch, double each, int threads) {
  double most = (double)batch * each / 10000.0;
  return most >= (double)threads ? threads : most >= 2.0 ? (int)most : 1;
}
// Where part `part` of `parts` of a batch begins: whole groups of lanes.
EB_FN int64_t eb_batch_part(int64_t batch, int64_t part, int64_t parts) {
  int64_t groups = (batch + EB_LANE_COUNT - 1) / EB_LANE_COUNT;
  int64_t from = groups * part / parts * EB_LANE_COUNT;
  return from < batch ? from : batch;
}
