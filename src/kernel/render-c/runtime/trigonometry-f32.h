// sin, cos, tan of any float32 in radians. Errors at each function; NaN of infinities. Free of branches.
#pragma once
#include "real.h"

// x = n π/2 + r, |r| ≤ π/4; n mod 4 is the quadrant. In float64, π/2 in two parts (Cody & Waite 1980): with fused
// multiplications the first has all 53 bits, and x less n times it is exact (both are multiples of its last place, and
// the difference is below 1); else it has 25 bits, and n times it is exact. What is left out is below 2⁻²⁷ of r. A
// number beyond EB_MOST_ANGLE is taken for a whole number of turns: its neighbours are more than 10⁶ turns (5 without
// fused multiplications) away.
#if defined(__FP_FAST_FMA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define EB_MOST_ANGLE 281474976710656.0f /* 2⁴⁸ */
#define EB_QUARTER_TURN 1.57079632679489655800
#define EB_QUARTER_TURN_REST 6.12323399573676603587e-17
#else
#define EB_MOST_ANGLE 268435456.0f /* 2²⁸ */
#define EB_QUARTER_TURN 1.57079631090164184570
#define EB_QUARTER_TURN_REST 1.58932547735281966916e-8
#endif
EB_INLINE double eb_reduce_quarter_turns_f32(float x, int32_t *n) {
  double sum = (double)x * 0.63661977236758134308 + 6755399441055744.0;
  double whole = sum - 6755399441055744.0;
  double r = EB_FMAD(whole, -EB_QUARTER_TURN_REST, EB_FMAD(whole, -EB_QUARTER_TURN, (double)x));
  int32_t is_near = eb_abs_f32(x) < EB_MOST_ANGLE;
  *n = is_near ? (int32_t)(uint32_t)eb_bits_f64(sum) : 0;
  return is_near ? r : (double)(x - x);
}
// Coefficients of Cephes' sinf and cosf (Moshier 1992), |r| ≤ π/4.
EB_INLINE float eb_sin_reduced_f32(float r) {
  float z = r * r;
  float p = EB_FMAF(EB_FMAF(-1.9515295891e-4f, z, 8.3321608736e-3f), z, -1.6666654611e-1f);
  return EB_FMAF(p * z, r, r);
}
EB_INLINE float eb_cos_reduced_f32(float r) {
  float z = r * r;
  float p = EB_FMAF(EB_FMAF(2.443315711809948e-5f, z, -1.388731625493765e-3f), z, 4.166664568298827e-2f);
  return EB_FMAF(p, z * z, EB_FMAF(-0.5f, z, 1.0f));
}
// sin of r + n quarter turns.
EB_INLINE float eb_sin_quarter_f32(float r, int32_t n) {
  float y = eb_choose_f32(n & 1, eb_cos_reduced_f32(r), eb_sin_reduced_f32(r));
  return eb_from_bits_f32(eb_bits_f32(y) ^ (((uint32_t)n & 2u) << 30));
}
// Within 1.7 ulp.
EB_INLINE float eb_sin_f32(float x) {
  int32_t n;
  float r = (float)eb_reduce_quarter_turns_f32(x, &n);
  // -0 is no multiple of anything.
  return x == 0.0f ? x : eb_sin_quarter_f32(r, n);
}
// Within 1.7 ulp.
EB_INLINE float eb_cos_f32(float x) {
  int32_t n;
  float r = (float)eb_reduce_quarter_turns_f32(x, &n);
  return eb_sin_quarter_f32(r, (int32_t)((uint32_t)n + 1u));
}
// r + r³ P(r²) or its negative reciprocal, P a minimax polynomial on [0, (π/4)²] (Remez exchange in 60 digits, relative
// error of tan 1.3e-9), in float64. Within 0.8 ulp.
EB_INLINE float eb_tan_f32(float x) {
  int32_t n;
  double r = eb_reduce_quarter_turns_f32(x, &n);
  double z = r * r;
  double p = 4.37683088298006173e-3;
  p = EB_FMAD(p, z, 8.84279604458105858e-5);
  p = EB_FMAD(p, z, 1.08366717720811163e-2);
  p = EB_FMAD(p, z, 2.12818622892337333e-2);
  p = EB_FMAD(p, z, 5.40599781879602319e-2);
  p = EB_FMAD(p, z, 1.33326628043124460e-1);
  p = EB_FMAD(p, z, 3.33333497701619658e-1);
  double y = EB_FMAD(p * z, r, r);
  double reciprocal = -1.0 / y;
  float result = (float)(n & 1 ? reciprocal : y);
  return x == 0.0f ? x : result;
}
