// exp, log, sin, cos and friends of float64 that vectorise. Right at ±0, infinities, NaN and denormals. Free of branches.
#pragma once
#include "real.h"

#define EB_ROUND_F64 6755399441055744.0
// e^x: x = n log 2 + r (see exponential-f32.h), then the Taylor series up to r¹³, which leaves 4e-18 at |r| = log(2)/2.
// Within 1.2 ulp.
EB_INLINE double eb_exp_f64(double x) {
  double inside = x > 711.0 ? 711.0 : x < -746.0 ? -746.0 : x;
  double sum = EB_FMAD(inside, 1.44269504088896340736, EB_ROUND_F64);
  double whole = sum - EB_ROUND_F64;
  uint64_t n = eb_bits_f64(sum) - 0x4338000000000000u;
  double r = EB_FMAD(whole, -1.90821492927058770002e-10, EB_FMAD(whole, -6.93147180369123816490e-1, inside));
  double p = 1.0 / 6227020800.0;
  p = EB_FMAD(p, r, 1.0 / 479001600.0);
  p = EB_FMAD(p, r, 1.0 / 39916800.0);
  p = EB_FMAD(p, r, 1.0 / 3628800.0);
  p = EB_FMAD(p, r, 1.0 / 362880.0);
  p = EB_FMAD(p, r, 1.0 / 40320.0);
  p = EB_FMAD(p, r, 1.0 / 5040.0);
  p = EB_FMAD(p, r, 1.0 / 720.0);
  p = EB_FMAD(p, r, 1.0 / 120.0);
  p = EB_FMAD(p, r, 1.0 / 24.0);
  p = EB_FMAD(p, r, 1.0 / 6.0);
  p = EB_FMAD(p, r, 0.5);
  p = EB_FMAD(p, r * r, r) + 1.0;
  // n / 2 by halves of its bits: there is no 64-bit arithmetic shift in AVX2.
  uint64_t half = ((n + 2048u) >> 1) - 1024u;
  double first = eb_from_bits_f64((half + 1023u) << 52);
  double second = eb_from_bits_f64((n - half + 1023u) << 52);
  return p * first * second;
}

// log x: fdlibm's e_log.c (Sun Microsystems 1993): s = f / (2 + f), coefficients Lg1 to Lg7. Within 1 ulp.
EB_INLINE double eb_log_f64(double x) {
  int32_t tiny = x < 2.2250738585072014e-308;
  double scaled = tiny ? x * 4503599627370496.0 : x;
  uint64_t bits = eb_bits_f64(scaled) - 0x3fe6a09e667f3bcdu;
  // The exponent, biased so that it is positive, as a double without an integer conversion.
  double exponent =
      eb_from_bits_f64(((bits + 0x4000000000000000u) >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1024.0);
  exponent -= tiny ? 52.0 : 0.0;
  double f = eb_from_bits_f64((bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
  double s = f / (2.0 + f);
  double z = s * s;
  double p = 1.479819860511658591e-1;
  p = EB_FMAD(p, z, 1.531383769920937332e-1);
  p = EB_FMAD(p, z, 1.818357216161805012e-1);
  p = EB_FMAD(p, z, 2.222219843214978396e-1);
  p = EB_FMAD(p, z, 2.857142874366239149e-1);
  p = EB_FMAD(p, z, 3.999999999940941908e-1);
  p = EB_FMAD(p, z, 6.666666666666735130e-1);
  double half = 0.5 * f * f;
  double tail = EB_FMAD(exponent, 1.90821492927058770002e-10, s * (half + p * z));
  double y = EB_FMAD(exponent, 6.93147180369123816490e-1, f - (half - tail));
  y = x < __builtin_inf() ? y : x;
  y = x == 0.0 ? -__builtin_inf() : y;
  return x < 0.0 ? __builtin_nan("") : y;
}
