// pow and atan2 of float32, computed in float64 and rounded once: within 0.51 ulp. Free of branches.
#pragma once
#include "exponential-f64.h"
#include "logarithm-f64.h"

// What Math.pow says: a^0 is 1 for every a; (±1)^±infinity and 1^NaN are NaN; a finite negative a has only whole
// powers.
EB_INLINE float eb_pow_f32(float a, float b) {
  float y = (float)eb_exp_f64((double)b * eb_log_f64((double)eb_abs_f32(a)));
  float half = 0.5f * b;
  // Adding and subtracting 2²³ rounds to an integer; from there on floats are integers, from 2²⁴ on even ones.
  int32_t whole = __builtin_rintf(b) == b;
  int32_t odd = whole & (__builtin_rintf(half) != half);
  y = eb_from_bits_f32(eb_bits_f32(y) ^ (odd ? eb_bits_f32(a) & 0x80000000u : 0u));
  y = ((a < 0.0f) & (a > -__builtin_inff()) & !whole) ? __builtin_nanf("") : y;
  return b == 0.0f ? 1.0f : y;
}

// atan t = t + t³ P(t²) on [0, 1], P a minimax polynomial (Remez exchange in 60 digits; relative error 4.0e-10).
EB_INLINE double eb_atan_octant_f64(double t) {
  double z = t * t;
  double p = 1.11379003792790699e-3;
  p = EB_FMAD(p, z, -7.31796277882142542e-3);
  p = EB_FMAD(p, z, 2.25398798863570018e-2);
  p = EB_FMAD(p, z, -4.46899561647487507e-2);
  p = EB_FMAD(p, z, 6.74159809985178626e-2);
  p = EB_FMAD(p, z, -8.8110917609743193e-2);
  p = EB_FMAD(p, z, 1.10582237739437568e-1);
  p = EB_FMAD(p, z, -1.42798330637537330e-1);
  p = EB_FMAD(p, z, 1.99996711236645362e-1);
  p = EB_FMAD(p, z, -3.33333268995641097e-1);
  return EB_FMAD(p * z, t, t);
}
EB_INLINE float eb_atan2_f32(float y, float x) {
  double up = (double)eb_abs_f32(y);
  double along = (double)eb_abs_f32(x);
  double less = up < along ? up : along;
  double more = up < along ? along : up;
  // 0/0 is the angle 0, infinity/infinity that of the diagonal.
  double t = less == more ? (more == 0.0 ? 0.0 : 1.0) : less / more;
  double angle = eb_atan_octant_f64(t);
  angle = up > along ? 1.57079632679489661923 - angle : angle;
  angle = eb_bits_f32(x) >> 31 ? 3.14159265358979323846 - angle : angle;
  float result = eb_with_sign_f32((float)angle, y);
  return ((x != x) | (y != y)) ? x + y : result;
}
