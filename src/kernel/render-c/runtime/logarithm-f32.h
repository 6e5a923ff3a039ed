// log x in float32, and what is made of it. Errors at each function; right at ±0 (-infinity), negative numbers (NaN),
// infinities, NaN and denormals. Free of branches.
#pragma once
#include "exponential-f32.h"

// log(1 + f) - f + f²/2, divided by f³, for √½ - 1 ≤ f ≤ √2 - 1: coefficients of Cephes' logf (Moshier 1992), in groups
// (Estrin).
EB_INLINE float eb_log1p_tail_f32(float f) {
  float z = f * f;
  float p0 = EB_FMAF(-2.4999993993e-1f, f, 3.3333331174e-1f);
  float p2 = EB_FMAF(-1.6668057665e-1f, f, 2.0000714765e-1f);
  float p4 = EB_FMAF(-1.2420140846e-1f, f, 1.4249322787e-1f);
  float p6 = EB_FMAF(-1.1514610310e-1f, f, 1.1676998740e-1f);
  float high = EB_FMAF(EB_FMAF(7.0376836292e-2f, z, p6), z, p4);
  return EB_FMAF(high, z * z, EB_FMAF(p2, z, p0));
}

// log x + shift log 2 + c / x for a normal positive x and |c| below an ulp of x: x = 2^e m, √½ ≤ m < √2.
EB_INLINE float eb_log_normal_f32(float x, float shift, float c) {
  // Subtracting the bits of √½ makes the exponent change at √½ 2^e instead of at 2^e.
  uint32_t bits = eb_bits_f32(x) - 0x3f3504f3u;
  float f = eb_from_bits_f32((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float exponent = (float)((int32_t)bits >> 23) + shift;
  float square = f * f;
  float y = eb_log1p_tail_f32(f) * (f * square);
  y = EB_FMAF(exponent, -2.12194440e-4f, y) + c;
  y = EB_FMAF(-0.5f, square, y);
  return EB_FMAF(exponent, 0.693359375f, f + y);
}
// Within 1 ulp.
EB_INLINE float eb_log_f32(float x) {
  int32_t tiny = x < 1.17549435e-38f;
  float y = eb_log_normal_f32(x * (tiny ? 8388608.0f : 1.0f), tiny ? -23.0f : 0.0f, 0.0f);
  y = x < __builtin_inff() ? y : x;
  y = x == 0.0f ? -__builtin_inff() : y;
  return x < 0.0f ? __builtin_nanf("") : y;
}
// log(1 + x) = log u + (x - (u - 1)) / u with u = 1 + x rounded (Kahan). Within 1 ulp.
EB_INLINE float eb_log1p_finite_f32(float x, float u) { return eb_log_normal_f32(u, 0.0f, (x - (u - 1.0f)) / u); }
EB_INLINE float eb_log1p_f32(float x) {
  float u = 1.0f + x;
  float y = eb_log1p_finite_f32(x, u);
  y = x < __builtin_inff() ? y : x;
  y = u == 0.0f ? -__builtin_inff() : y;
  y = u < 0.0f ? __builtin_nanf("") : y;
  return u == 1.0f ? x : y;
}
