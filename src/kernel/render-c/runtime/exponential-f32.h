// e^x in float32, and what is made of it. In: any float. Out: within the errors said at each function, right at ±0,
// infinities and NaN, down to denormal results. Free of branches.
#pragma once
#include "real.h"

// x = n log 2 + r with |r| ≤ log(2)/2: adding 1.5·2²³ rounds n and leaves it in the low bits of the sum (Muller et al.,
// Handbook of floating-point arithmetic, 2nd ed., 5.4). log 2 in two parts (Cody & Waite 1980), the first of 9 bits, so
// that n times it is exact. The caller keeps |n| below 2²². For x NaN n is meaningless and r is NaN.
#define EB_ROUND_F32 12582912.0f
EB_INLINE float eb_reduce_log2_f32(float x, int32_t *n) {
  float sum = EB_FMAF(x, 1.44269504088896341f, EB_ROUND_F32);
  float whole = sum - EB_ROUND_F32;
  *n = (int32_t)(eb_bits_f32(sum) - 0x4b400000u);
  return EB_FMAF(whole, 2.12194440e-4f, EB_FMAF(whole, -0.693359375f, x));
}
// (e^r - 1 - r) / r² for |r| ≤ log(2)/2: coefficients of Cephes' expf (Moshier 1992), in pairs, which do not wait for
// each other (Estrin).
EB_INLINE float eb_expm1_tail_f32(float r) {
  float z = r * r;
  float p0 = EB_FMAF(1.6666665459e-1f, r, 5.0000001201e-1f);
  float p2 = EB_FMAF(8.3334519073e-3f, r, 4.1665795894e-2f);
  float p4 = EB_FMAF(1.9875691500e-4f, r, 1.3981999507e-3f);
  return EB_FMAF(EB_FMAF(p4, z, p2), z, p0);
}
// 2^n, -126 ≤ n ≤ 127.
EB_INLINE float eb_power_of_2_f32(int32_t n) { return eb_from_bits_f32(((uint32_t)n + 127u) << 23); }

// 2^shift e^x, |shift| ≤ 2: for halves of numbers that overflow themselves. Two factors, so that a denormal is rounded
// once.
EB_INLINE float eb_exp_shifted_f32(float x, int32_t shift) {
  float inside;
  EB_CLAMP(x, -106.0f, 90.0f, inside);
  int32_t n;
  float r = eb_reduce_log2_f32(inside, &n);
  float p = EB_FMAF(eb_expm1_tail_f32(r), r * r, r) + 1.0f;
  n += shift;
  int32_t half = n >> 1;
  return p * eb_power_of_2_f32(half) * eb_power_of_2_f32(n - half);
}
// Within 1.1 ulp.
EB_INLINE float eb_exp_f32(float x) { return eb_exp_shifted_f32(x, 0); }

// e^x - 1 = 2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2): one rounding where it matters, and e^88.7 does not overflow.
// Within 1.6 ulp.
EB_INLINE float eb_expm1_f32(float x) {
  float inside;
  EB_CLAMP(x, -30.0f, 89.0f, inside);
  int32_t n;
  float r = eb_reduce_log2_f32(inside, &n);
  float p = EB_FMAF(eb_expm1_tail_f32(r), r * r, r);
  float half = eb_power_of_2_f32(n - 1);
  float result = EB_FMAF(half, p, half - 0.5f) * 2.0f;
  return eb_with_sign_f32(n == 0 ? p : result, x);
}

// The odd polynomial of Cephes' tanhf (Moshier 1992) up to 5/8, 1 - 2 / (e^(2|a|) + 1) beyond. Within 1.5 ulp.
EB_INLINE float eb_tanh_f32(float a) {
  float z = a * a;
  float p = -5.70498872745e-3f;
  p = EB_FMAF(p, z, 2.06390887954e-2f);
  p = EB_FMAF(p, z, -5.37397155531e-2f);
  p = EB_FMAF(p, z, 1.33314422036e-1f);
  p = EB_FMAF(p, z, -3.33332819422e-1f);
  float small = EB_FMAF(p * z, a, a);
  float size = eb_abs_f32(a);
  float large = eb_with_sign_f32(1.0f - 2.0f / (eb_exp_f32(2.0f * size) + 1.0f), a);
  return eb_choose_f32(size < 0.625f, small, large);
}

// The odd polynomial of Cephes' sinhf up to 1, (e^|a| - e^-|a|)/2 beyond. Within 1.7 ulp.
EB_INLINE float eb_sinh_f32(float a) {
  float z = a * a;
  float p = EB_FMAF(EB_FMAF(2.03721912945e-4f, z, 8.33028376239e-3f), z, 1.66667160211e-1f);
  float small = EB_FMAF(p * z, a, a);
  float size = eb_abs_f32(a);
  float half = eb_exp_shifted_f32(size, -1);
  float large = eb_with_sign_f32(half - 0.25f / half, a);
  return eb_choose_f32(size < 1.0f, small, large);
}
