// Element `element` of the random instruction `id` at `step`: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw,
// SC 2011), key (seed, id), counter (step, element), the same words as src/tensor/threefry.ts. Free of branches.
#pragma once
#include "logarithm-f32.h"
#include "logarithm-f64.h"
#include "trigonometry-f32.h"
#include "trigonometry-f64.h"

EB_INLINE uint32_t eb_rotate_u32(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }
#define EB_THREEFRY_ROUND(by) \
  x0 += x1;                   \
  x1 = eb_rotate_u32(x1, by) ^ x0;
#define EB_THREEFRY_EVEN EB_THREEFRY_ROUND(13) EB_THREEFRY_ROUND(15) EB_THREEFRY_ROUND(26) EB_THREEFRY_ROUND(6)
#define EB_THREEFRY_ODD EB_THREEFRY_ROUND(17) EB_THREEFRY_ROUND(29) EB_THREEFRY_ROUND(16) EB_THREEFRY_ROUND(24)
#define EB_THREEFRY_KEYS(first, second, group) \
  x0 += first;                                 \
  x1 += second + group;
EB_INLINE void eb_threefry(int32_t seed, int32_t id, int32_t step, int32_t element, uint32_t *word0, uint32_t *word1) {
  uint32_t key0 = (uint32_t)seed;
  uint32_t key1 = (uint32_t)id;
  uint32_t key2 = 0x1bd11bdau ^ key0 ^ key1;
  uint32_t x0 = (uint32_t)step + key0;
  uint32_t x1 = (uint32_t)element + key1;
  EB_THREEFRY_EVEN EB_THREEFRY_KEYS(key1, key2, 1u) EB_THREEFRY_ODD EB_THREEFRY_KEYS(key2, key0, 2u)
      EB_THREEFRY_EVEN EB_THREEFRY_KEYS(key0, key1, 3u) EB_THREEFRY_ODD EB_THREEFRY_KEYS(key1, key2, 4u)
          EB_THREEFRY_EVEN
          EB_THREEFRY_KEYS(key2, key0, 5u) *word0 = x0;
  *word1 = x1;
}

// (k + ½) / 2²³, k the top 23 bits: never 0 or 1, the same in float32 and float64.
EB_INLINE real eb_uniform_of_word(uint32_t word) {
  return ((real)(int32_t)(word >> 9) + EB_REAL(0.5)) * EB_REAL(1.1920928955078125e-7);
}
EB_INLINE real eb_random_uniform(int32_t seed, int32_t id, int32_t step, int32_t element) {
  uint32_t word0, word1;
  eb_threefry(seed, id, step, element, &word0, &word1);
  return eb_uniform_of_word(word0);
}
// Box-Muller: √(-2 log u) cos 2πv, |z| < 5.8. v in quarter turns n and a rest, at most ½ in size, is exact.
EB_INLINE real eb_random_normal(int32_t seed, int32_t id, int32_t step, int32_t element) {
  uint32_t word0, word1;
  eb_threefry(seed, id, step, element, &word0, &word1);
  real u = eb_uniform_of_word(word0);
  real turns = 4 * eb_uniform_of_word(word1);
  int32_t n = (int32_t)(turns + EB_REAL(0.5));
  real angle = (turns - (real)n) * EB_REAL(1.57079632679489661923);
#ifdef EB_DOUBLE
  return __builtin_sqrt(-2.0 * eb_log_normal_f64(u, 0.0, 0.0)) * eb_sin_quarter_f64(angle, n + 1);
#else
  return __builtin_sqrtf(-2.0f * eb_log_normal_f32(u, 0.0f, 0.0f)) * eb_sin_quarter_f32(angle, n + 1);
#endif
}
