// e^x in float64, and what is made of it. In: any double. Out: within the errors said at each function, right at ±0,
// infinities and NaN, down to denormal results. Free of branches.
#pragma once
#include "real.h"

// The Taylor series of (e^r - 1 - r) / r² up to r¹¹, which leaves 4e-18 at |r| = log(2)/2, in groups (Estrin).
EB_INLINE double eb_expm1_tail_f64(double r) {
  double z = r * r;
  double z2 = z * z;
  double p0 = EB_FMAD(1.0 / 6.0, r, 0.5);
  double p2 = EB_FMAD(1.0 / 120.0, r, 1.0 / 24.0);
  double p4 = EB_FMAD(1.0 / 5040.0, r, 1.0 / 720.0);
  double p6 = EB_FMAD(1.0 / 362880.0, r, 1.0 / 40320.0);
  double p8 = EB_FMAD(1.0 / 39916800.0, r, 1.0 / 3628800.0);
  double p10 = EB_FMAD(1.0 / 6227020800.0, r, 1.0 / 479001600.0);
  double low = EB_FMAD(p2, z, p0);
  double middle = EB_FMAD(p6, z, p4);
  double high = EB_FMAD(p10, z, p8);
  return EB_FMAD(EB_FMAD(high, z2, middle), z2, low);
}
// x = n log 2 + r with |r| ≤ log(2)/2, as in exponential-f32.h: 1.5·2⁵² rounds; log 2 in the two parts of fdlibm's
// e_exp.c (Sun Microsystems 1993), the first of 32 bits. n in the bits of two's complement.
EB_INLINE double eb_reduce_log2_f64(double x, uint64_t *n) {
  double sum = EB_FMAD(x, 1.44269504088896340736, 6755399441055744.0);
  double whole = sum - 6755399441055744.0;
  *n = eb_bits_f64(sum) - 0x4338000000000000u;
  return EB_FMAD(whole, -1.90821492927058770002e-10, EB_FMAD(whole, -6.93147180369123816490e-1, x));
}
// 2^n, -1022 ≤ n ≤ 1023.
EB_INLINE double eb_power_of_2_f64(uint64_t n) { return eb_from_bits_f64((n + 1023u) << 52); }

// 2^shift e^x, |shift| ≤ 2: for halves of numbers that overflow themselves. Two factors, so that a denormal is rounded
// once.
EB_INLINE double eb_exp_shifted_f64(double x, int32_t shift) {
  double inside;
  EB_CLAMP(x, -746.0, 711.0, inside);
  uint64_t n;
  double r = eb_reduce_log2_f64(inside, &n);
  double p = EB_FMAD(eb_expm1_tail_f64(r), r * r, r) + 1.0;
  n += (uint64_t)(int64_t)shift;
  // n / 2 rounded down, by a logical shift: AVX2 has no arithmetic one of 64 bits.
  uint64_t half = ((n + 2048u) >> 1) - 1024u;
  return p * eb_power_of_2_f64(half) * eb_power_of_2_f64(n - half);
}
// Within 1.1 ulp.
EB_INLINE double eb_exp_f64(double x) { return eb_exp_shifted_f64(x, 0); }

// As eb_expm1_f32. Within 2 ulp.
EB_INLINE double eb_expm1_f64(double x) {
  double inside;
  EB_CLAMP(x, -60.0, 710.0, inside);
  uint64_t n;
  double r = eb_reduce_log2_f64(inside, &n);
  double p = EB_FMAD(eb_expm1_tail_f64(r), r * r, r);
  double half = eb_power_of_2_f64(n - 1u);
  double result = EB_FMAD(half, p, half - 0.5) * 2.0;
  return eb_with_sign_f64(n == 0 ? p : result, x);
}

// E / (E + 2) with E = e^(2|a|) - 1; 1 to rounding from 19.1 on. Within 2.5 ulp.
EB_INLINE double eb_tanh_f64(double a) {
  double size = eb_abs_f64(a);
  double e = eb_expm1_f64(2.0 * (size > 20.0 ? 20.0 : size));
  return eb_with_sign_f64(e / (e + 2.0), a);
}
// (E + E / (E + 1)) / 2 with E = e^|a| - 1 up to 1, (e^|a| - e^-|a|)/2 beyond. Within 2.5 ulp.
EB_INLINE double eb_sinh_f64(double a) {
  double size = eb_abs_f64(a);
  double e = eb_expm1_f64(size > 1.0 ? 1.0 : size);
  double small = 0.5 * (e + e / (e + 1.0));
  double half = eb_exp_shifted_f64(size, -1);
  double large = half - 0.25 / half;
  return eb_with_sign_f64(size < 1.0 ? small : large, a);
}
