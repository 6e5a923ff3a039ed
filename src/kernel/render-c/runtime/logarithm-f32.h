// log x in float32, and what is made of it. Errors at each function; right at ±0 (-infinity), negative numbers (NaN),
// infinities, NaN and denormals. Free of branches.
#pragma once
#include "exponential-f32.h"

// log(1 + f) - f + f²/2, divided by f³, for √½ - 1 ≤ f ≤ √2 - 1: coefficients of Cephes' logf (Moshier 1992).
EB_INLINE float eb_log1p_tail_f32(float f) {
  float p = 7.0376836292e-2f;
  p = EB_FMAF(p, f, -1.1514610310e-1f);
  p = EB_FMAF(p, f, 1.1676998740e-1f);
  p = EB_FMAF(p, f, -1.2420140846e-1f);
  p = EB_FMAF(p, f, 1.4249322787e-1f);
  p = EB_FMAF(p, f, -1.6668057665e-1f);
  p = EB_FMAF(p, f, 2.0000714765e-1f);
  p = EB_FMAF(p, f, -2.4999993993e-1f);
  return EB_FMAF(p, f, 3.3333331174e-1f);
}

// log x + c / x for positive finite x and |c| below an ulp of x (0 for a plain logarithm): x = 2^e m, √½ ≤ m < √2.
EB_INLINE float eb_log_corrected_f32(float x, float c) {
  int32_t tiny = x < 1.17549435e-38f;
  float scaled = tiny ? x * 8388608.0f : x;
  // Subtracting the bits of √½ makes the exponent change at √½ 2^e instead of at 2^e.
  uint32_t bits = eb_bits_f32(scaled) - 0x3f3504f3u;
  int32_t e = (int32_t)bits >> 23;
  float f = eb_from_bits_f32((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float exponent = (float)(e - (tiny ? 23 : 0));
  float square = f * f;
  float y = eb_log1p_tail_f32(f) * f * square;
  y = EB_FMAF(exponent, -2.12194440e-4f, y) + c;
  y = EB_FMAF(-0.5f, square, y);
  return EB_FMAF(exponent, 0.693359375f, f + y);
}
// Within 1 ulp.
EB_INLINE float eb_log_f32(float x) {
  float y = eb_log_corrected_f32(x, 0.0f);
  y = x < __builtin_inff() ? y : x;
  y = x == 0.0f ? -__builtin_inff() : y;
  return x < 0.0f ? __builtin_nanf("") : y;
}
// log(1 + x) = log u + (x - (u - 1)) / u with u = 1 + x rounded (Kahan). Within 2 ulp.
EB_INLINE float eb_log1p_f32(float x) {
  float u = 1.0f + x;
  float y = eb_log_corrected_f32(u, (x - (u - 1.0f)) / u);
  y = x < __builtin_inff() ? y : x;
  y = u == 0.0f ? -__builtin_inff() : y;
  y = u < 0.0f ? __builtin_nanf("") : y;
  return u == 1.0f ? x : y;
}
// max(a, 0) + log(1 + e^-|a|). Within 2 ulp.
EB_INLINE float eb_softplus_f32(float a) {
  float t = eb_exp_f32(-eb_abs_f32(a));
  return (a > 0.0f ? a : 0.0f) + eb_log1p_f32(t);
}
