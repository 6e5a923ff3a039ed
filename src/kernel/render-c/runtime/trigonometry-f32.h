// sin, cos, tan of any float32 in radians. Errors at each function; NaN of infinities. Free of branches.
#pragma once
#include "real.h"

// x = n π/2 + r, |r| ≤ π/4 a little more: in float64, π/2 in two parts (Cody & Waite 1980), the first of 25 bits so that n times
// it is exact up to |x| = 2²⁸. *n mod 4 is the quadrant.
EB_INLINE float eb_reduce_quarter_turns_f32(float x, int32_t *n) {
  double sum = (double)x * 0.63661977236758134308 + 6755399441055744.0;
  double whole = sum - 6755399441055744.0;
  *n = (int32_t)(uint32_t)eb_bits_f64(sum);
  return (float)(((double)x - whole * 1.57079631090164184570) - whole * 1.58932547735281966916e-8);
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
  float y = n & 1 ? eb_cos_reduced_f32(r) : eb_sin_reduced_f32(r);
  return eb_from_bits_f32(eb_bits_f32(y) ^ (((uint32_t)n & 2u) << 30));
}
EB_INLINE float eb_sin_f32(float x) {
  int32_t n;
  float r = eb_reduce_quarter_turns_f32(x, &n);
  return eb_sin_quarter_f32(r, n);
}
EB_INLINE float eb_cos_f32(float x) {
  int32_t n;
  float r = eb_reduce_quarter_turns_f32(x, &n);
  return eb_sin_quarter_f32(r, (int32_t)((uint32_t)n + 1u));
}
// Coefficients of Cephes' tanf (Moshier 1992).
EB_INLINE float eb_tan_f32(float x) {
  int32_t n;
  float r = eb_reduce_quarter_turns_f32(x, &n);
  float z = r * r;
  float p = 9.38540185543e-3f;
  p = EB_FMAF(p, z, 3.11992232697e-3f);
  p = EB_FMAF(p, z, 2.44301354525e-2f);
  p = EB_FMAF(p, z, 5.34112807005e-2f);
  p = EB_FMAF(p, z, 1.33387994085e-1f);
  p = EB_FMAF(p, z, 3.33331568548e-1f);
  float y = EB_FMAF(p * z, r, r);
  return n & 1 ? -1.0f / y : y;
}
