// log x in float64, and what is made of it. Errors at each function; right at ±0 (-infinity), negative numbers (NaN),
// infinities, NaN and denormals. Free of branches.
#pragma once
#include "real.h"

// log x + shift log 2 + c / x for a normal positive x and |c| below an ulp of x: fdlibm's e_log.c (Sun Microsystems
// 1993), with s = f / (2 + f), coefficients Lg1 to Lg7 (Estrin).
EB_INLINE double eb_log_normal_f64(double x, double shift, double c) {
  uint64_t bits = eb_bits_f64(x) - 0x3fe6a09e667f3bcdu;
  // The exponent as a double without an integer conversion: made positive, in the low bits of 2⁵².
  double biased = eb_from_bits_f64(((bits + 0x4000000000000000u) >> 52) | 0x4330000000000000u);
  double exponent = biased - (4503599627370496.0 + 1024.0) + shift;
  double f = eb_from_bits_f64((bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
  double s = f / (2.0 + f);
  double z = s * s;
  double z2 = z * z;
  double p0 = EB_FMAD(3.999999999940941908e-1, z, 6.666666666666735130e-1);
  double p2 = EB_FMAD(2.222219843214978396e-1, z, 2.857142874366239149e-1);
  double p4 = EB_FMAD(1.531383769920937332e-1, z, 1.818357216161805012e-1);
  double p = EB_FMAD(EB_FMAD(EB_FMAD(1.479819860511658591e-1, z2, p4), z2, p2), z2, p0);
  double half = 0.5 * f * f;
  double tail = EB_FMAD(exponent, 1.90821492927058770002e-10, s * EB_FMAD(p, z, half)) + c;
  return EB_FMAD(exponent, 6.93147180369123816490e-1, f - (half - tail));
}
// Within 1 ulp.
EB_INLINE double eb_log_f64(double x) {
  int32_t tiny = x < 2.2250738585072014e-308;
  double y = eb_log_normal_f64(x * (tiny ? 4503599627370496.0 : 1.0), tiny ? -52.0 : 0.0, 0.0);
  y = x < __builtin_inf() ? y : x;
  y = x == 0.0 ? -__builtin_inf() : y;
  return x < 0.0 ? __builtin_nan("") : y;
}
// As eb_log1p_f32. Within 1 ulp.
EB_INLINE double eb_log1p_finite_f64(double x, double u) { return eb_log_normal_f64(u, 0.0, (x - (u - 1.0)) / u); }
EB_INLINE double eb_log1p_f64(double x) {
  double u = 1.0 + x;
  double y = eb_log1p_finite_f64(x, u);
  y = x < __builtin_inf() ? y : x;
  y = u == 0.0 ? -__builtin_inf() : y;
  y = u < 0.0 ? __builtin_nan("") : y;
  return u == 1.0 ? x : y;
}
